import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fastify, LogController, type FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { App } from '#server/platform/app-type.ts'
import { registerProblemDocuments } from '#server/platform/problem-documents.ts'
import { scimToken } from '#test/identity/scim-client.ts'
import { allEndpoints } from '#shared/api/all-endpoints.ts'
import { contentSecurityPolicy } from '#server/platform/security-headers.ts'
import { startGateway } from '#test/support/start-gateway.ts'

test('An address that cannot be read is a problem document with the headers of every answer', async (t) => {
  const { app } = await startGateway(t)
  for (const url of ['/sandbox/@%ff', '/api/posts/%', '/%E0%A4%A']) {
    const answer = await app.inject({ method: 'GET', url })
    assert.deepEqual([answer.statusCode, answer.headers['content-type']], [400, 'application/problem+json'], url)
    const { code, type, detail, instance } = answer.json<Record<string, string>>()
    assert.deepEqual([code, type], ['invalid_request', 'urn:containment:invalid_request'])
    assert.match(detail!, /address/)
    assert.match(instance!, /^urn:request:/)
    assert.equal(answer.headers['content-security-policy'], contentSecurityPolicy)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  }
})

test('An address that takes other methods names them (RFC 9110 15.5.6), and one where nothing is does not', async (t) => {
  const { app } = await startGateway(t, { config: { scimToken } })
  const bearer = { authorization: `Bearer ${scimToken}` }
  const paths = new Set(allEndpoints.map(({ url }) => url.replaceAll(/:\w+|\*/g, 'a')))
  for (const path of paths) {
    const taken = app.methodsAt(path)
    const method = (['DELETE', 'PATCH', 'OPTIONS'] as const).find((other) => !taken.includes(other))!
    const isScim = path.startsWith('/scim/')
    const answer = await app.inject({ method, url: `${path}?a=b`, headers: isScim ? bearer : {} })
    assert.deepEqual([answer.statusCode, answer.headers['allow']], [405, taken.join(', ')], `${method} ${path}`)
    if (!isScim) assert.equal(answer.json().code, 'method_not_allowed')
  }
  assert.deepEqual(app.methodsAt('/api/posts'), ['GET', 'HEAD', 'POST'])
  for (const url of ['/api/me', '/%61pi/me', '/api/%6De', '/scim/v2/Users'])
    assert.equal((await app.inject(url)).headers['cache-control'], 'no-store', `${url} is kept by nobody`)
  const french = await app.inject({ method: 'PUT', url: '/healthz', headers: { 'accept-language': 'fr' } })
  assert.equal(french.json().detail, '/healthz n’admet pas PUT, mais GET, HEAD.')
  for (const url of ['/api/nothing', '/api/posts/a/b/c', '/api']) {
    const answer = await app.inject({ method: 'POST', url })
    assert.deepEqual([answer.statusCode, answer.headers['allow']], [404, undefined], url)
  }
})

test('What breaks by a bug is in the log without what the address asks for', async () => {
  const lines: string[] = []
  const loggerInstance: FastifyBaseLogger = pino({}, { write: (line: string) => void lines.push(line) })
  const app: App = fastify({ loggerInstance, logController: new LogController({ disableRequestLogging: true }) })
  registerProblemDocuments(app)
  app.get('/broken', () => {
    throw new Error('a bug')
  })
  const answer = await app.inject('/broken?code=of-a-sign-in')
  assert.deepEqual([answer.statusCode, answer.json().code], [500, 'internal'])
  assert.deepEqual([lines.length, JSON.parse(lines[0]!).path], [1, '/broken'])
  assert.doesNotMatch(lines.join('') + answer.body, /of-a-sign-in/)
})

/** Sends bytes to the listening server and reads whatever comes until it closes. */
async function speak(port: number, bytes: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes)
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  return { head, body }
}

test('What is no HTTP request is told so in the same form, and the connection ends', async (t) => {
  const { app } = await startGateway(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  for (const [bytes, status] of [
    ['no http at all\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
  ] as const) {
    const { head, body } = await speak(port, bytes)
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `))
    assert.match(head, /application\/problem\+json/)
    assert.equal((JSON.parse(body) as { code: string }).code, 'invalid_request')
  }
})

test('A request line that names another server leads nobody there, and its answer is kept by nobody', async (t) => {
  const { app } = await startGateway(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = (path: string) =>
    speak(port, `GET http://evil.example${path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n`)
  const { head } = await ask('/auth/login?returnTo=/library')
  assert.match(head, /\r\nlocation: http:\/\/127\.0\.0\.1:8080\/auth\/login\?returnTo=\/library\r\n/)
  assert.match((await ask('/api/me')).head, /^HTTP\/1.1 401 [^]*\r\ncache-control: no-store/)
})

test('Who sends more than is taken reads why, and is not cut off while sending', async (t) => {
  const { app } = await startGateway(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const body = 'x'.repeat(13 * 1024 * 1024)
  for (const framing of [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked']) {
    const head = `POST /auth/examiner HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`
    const sent = framing.startsWith('C') ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const answer = await speak(port, head + sent)
    assert.match(answer.head, /^HTTP\/1.1 413 /, framing)
    assert.equal((JSON.parse(answer.body) as { code: string }).code, 'too_large')
  }
})

test('A stranger cannot have megabytes parsed, whatever the address', async (t) => {
  const gateway = await startGateway(t)
  const { app } = gateway
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const send = async (url: string, size: number, headers: Record<string, string> = {}) => {
    const payload = `{"a":"${'x'.repeat(size)}"}`
    return (
      await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload })
    ).statusCode
  }
  for (const url of ['/auth/examiner', '/auth/logout', '/auth/backchannel-logout'])
    assert.equal(await send(url, 200_000), 413, url)
  // Nothing of it is read: it is no JSON.
  const nothing = { method: 'POST', headers: { 'content-type': 'application/json' }, payload: '[' } as const
  assert.deepEqual(
    [
      (await app.inject({ ...nothing, url: '/api/nothing' })).statusCode,
      (await app.inject({ ...nothing, url: '/healthz' })).statusCode,
    ],
    [404, 405],
  )
  assert.equal(await send('/api/posts', 5_000_000, camille.headers), 413)
  assert.notEqual(await send('/api/policies/versions', 5_000_000, ines.headers), 413)
})
