import pg from 'pg'

/** Runs work on one connection of its own and closes it. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'containment',
  })
  client.on('error', () => {}) // the query in flight rejects with the same error
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
