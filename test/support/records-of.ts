import type { TestGateway } from '#test/support/start-gateway.ts'

/** The records of a type, newest last, as they are hashed: header and body. */
export async function recordsOf(
  gateway: Pick<TestGateway, 'db'>,
  type: string,
): Promise<{ header: Record<string, unknown>; content: Record<string, unknown> }[]> {
  const rows = await gateway.db
    .selectFrom('archive.archive_record as record')
    .innerJoin('archive.archive_body as body', 'body.id', 'record.id')
    .select(['record.header', 'body.body'])
    .where('record.type', '=', type)
    .orderBy('record.seq')
    .execute()
  return rows.map(({ header, body }) => ({
    header: JSON.parse(header.toString()),
    content: JSON.parse(body.toString()).content,
  }))
}
