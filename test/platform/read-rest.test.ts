import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { readRest } from '#server/platform/read-rest.ts'

/** A server that does something with a request, then lets its rest go; and the request of a client to it. */
async function serve(t: TestContext, first: (received: IncomingMessage) => Promise<unknown>) {
  const over = Promise.withResolvers<number>()
  const server = createServer((received, reply) => {
    void first(received)
      .then(() => readRest(received))
      .then(() => over.resolve(received.socket.bytesRead))
      .then(() => reply.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const client = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', method: 'POST' })
  client.on('error', () => undefined)
  return { client, over: over.promise }
}

const nothing = () => Promise.resolve()
const timeout = 20_000

test('A request that was read to its end is not waited for', { timeout }, async (t) => {
  const { client, over } = await serve(t, text)
  client.end('a body')
  await over
})

test(
  'The rest of a request is read to its end, and a sender that goes away is not waited for',
  { timeout },
  async (t) => {
    const whole = await serve(t, nothing)
    whole.client.end(Buffer.alloc(3_000_000))
    assert.ok((await whole.over) >= 3_000_000)
    const gone = await serve(t, nothing)
    gone.client.write(Buffer.alloc(1_000))
    gone.client.once('socket', (socket) => socket.once('connect', () => setImmediate(() => socket.destroy())))
    await gone.over
  },
)

test('A sender without end is listened to for 128 MiB', { timeout }, async (t) => {
  const { client, over } = await serve(t, nothing)
  const piece = Buffer.alloc(1 << 20)
  let going = true
  const write = (): void => void (going && client.write(piece, () => write()))
  write()
  const read = await over
  going = false
  client.destroy()
  assert.ok(read > 128 << 20 && read < 160 << 20, `${read} bytes`)
})
