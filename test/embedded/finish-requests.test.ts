import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { signIn } from '#scripts/demo-client.ts'
import { demoPassword } from '#server/embedded/demo-people.ts'
import { createToken } from '#shared/api/identity.ts'
import type { Post } from '#shared/api/posts.ts'
import { dataDirectory, eventually, startProcess } from '#test/support/gateway-process.ts'

interface Begun {
  readonly socket: Socket
  readonly rest: string
  /** All that the server said until it closed. */
  readonly ended: Promise<string>
}

/** Opens a call and sends all of it but the end of its body. */
async function beginCall(address: string, token: string, body: string): Promise<Begun> {
  const { host, hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const head = [
    'POST /api/posts HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    // The server answers once it has read this and begun with the call.
    'Expect: 100-continue',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  await once(socket, 'data')
  assert.match(answer, /^HTTP\/1\.1 100 /)
  socket.write(body.slice(0, 10))
  return { socket, rest: body.slice(10), ended: once(socket, 'close').then(() => answer) }
}

function isRefused(address: string): Promise<boolean> {
  return fetch(`${address}/healthz`, { headers: { connection: 'close' } }).then(
    () => false,
    () => true,
  )
}

test('A request under way finishes on SIGTERM, the process ends with 0, and what it accepted is there afterwards', async (t) => {
  const directory = await dataDirectory(t)
  const first = startProcess(t, { directory })
  const address = await first.address
  const camille = await signIn(address, 'camille', demoPassword)
  const { token } = await camille.call(createToken, { body: { name: 'A slow program' } })
  const { socket, rest, ended } = await beginCall(
    address,
    token,
    JSON.stringify({ text: 'Sent slowly.', profileIds: [] }),
  )

  first.child.kill('SIGTERM')
  await eventually(
    () => isRefused(address),
    (refused) => refused,
  )
  socket.write(rest)
  const answer = await ended
  assert.match(answer, /^HTTP\/1\.1 201 /m)
  const { postId } = JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n') + 4)) as Post
  assert.equal(await first.ended, 0, first.output())

  const second = await startProcess(t, { directory }).address
  const again = await fetch(`${second}/api/posts/${postId}`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(((await again.json()) as Post).text, 'Sent slowly.')
})
