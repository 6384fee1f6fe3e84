import { randomUUID } from 'node:crypto'
import { fastify } from 'fastify'
import pg from 'pg'

/*
 * The least that an HTTP server in Node can do with a submission: read its JSON and commit it as one row. No session, no
 * verdict, no review, no evidence. `bench/submit.ts` starts it with the database's address and a port, and shows beside the
 * gateway what of the plain rate a server leaves at all.
 */

const [connectionString, port] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: connectionString!, max: 8 })
const app = fastify()
const body = { type: 'object', required: ['text'], properties: { text: { type: 'string' } } }
app.post<{ Body: { text: string } }>('/api/posts', { schema: { body } }, async (request, reply) => {
  const postId = randomUUID()
  await pool.query({
    name: 'plain',
    text: 'insert into bench_plain values ($1, $2)',
    values: [postId, request.body.text],
  })
  return reply.code(201).send({ postId })
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
