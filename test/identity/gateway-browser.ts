import { openBrowser, type Browser } from '#test/support/browse.ts'
import { publicUrl } from '#test/support/demo-provider.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

/** A browser for which the gateway's address leads into `app.inject`, and every other address to the network. */
export function gatewayBrowser(gateway: Pick<TestGateway, 'app'>): Browser {
  return openBrowser((request) => (new URL(request.url).origin === publicUrl ? carry(gateway, request) : undefined))
}

async function carry({ app }: Pick<TestGateway, 'app'>, request: Request): Promise<Response> {
  const { pathname, search, host } = new URL(request.url)
  const body = await request.text()
  const answer = await app.inject({
    method: request.method,
    url: pathname + search,
    headers: { ...Object.fromEntries(request.headers), host },
    ...(body === '' ? {} : { payload: body }),
  })
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers))
    for (const one of [value].flat()) headers.append(name, String(one))
  return new Response([204, 304].includes(answer.statusCode) ? null : answer.body, {
    status: answer.statusCode,
    headers,
  })
}

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
