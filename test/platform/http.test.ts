import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { addressKind } from '#server/platform/address-rules.ts'
import {
  answerMessage,
  createHttpClient,
  HttpError,
  requestMessage,
  type HttpFailure,
  type ResolveAll,
} from '#server/platform/http.ts'

const closed = { allowPrivateAddresses: false }
const open = { allowPrivateAddresses: true }

describe('an address', () => {
  const table: Record<string, readonly string[]> = {
    public: [
      '8.8.8.8',
      '93.184.216.34',
      '172.15.255.255',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700::1111',
      '::ffff:8.8.8.8',
    ],
    private: [
      '127.0.0.1',
      '127.255.255.254',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      '::1',
      'fc00::1',
      'fd12:3456::1',
      '::ffff:127.0.0.1',
      '::ffff:10.1.2.3',
      '0:0:0:0:0:ffff:c0a8:0101',
    ],
    forbidden: [
      '0.0.0.0',
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '::ffff:0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '192.0.0.8',
      '192.0.2.1',
      '192.88.99.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '240.0.0.1',
      '::',
      '::127.0.0.1',
      'fe80::1',
      'ff02::1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001::1',
      '2001:db8::1',
      '3fff::1',
      'not an address',
      '127.1',
      '',
    ],
  }
  for (const [kind, addresses] of Object.entries(table)) {
    it(`is ${kind}: ${addresses.join(' ')}`, () => {
      for (const address of addresses) assert.equal(addressKind(address), kind, address)
    })
  }
})

describe('the outgoing client', () => {
  let server: Server
  let port: number
  let seen: { path: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    seen.push({ path: request.url ?? '', headers: request.headers, body })
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (path === '/to')
      return void response.writeHead(302, { location: decodeURIComponent(request.url!.slice(4)) }).end()
    if (path === '/made') return void response.writeHead(201, { location: '/silent' }).end()
    if (path === '/large') return void response.end(Buffer.alloc(2_000_000))
    if (path === '/break')
      return void response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy())
    if (path === '/silent') return
    response.writeHead(201, { 'x-answer': 'yes', 'set-cookie': 'a=1' }).end(Buffer.from([0, 255, 10]))
  }

  before(async () => {
    server = createServer((request, response) => void answer(request, response))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    port = (server.address() as AddressInfo).port
  })
  after(() => server.close().closeAllConnections())

  async function fails(call: Promise<unknown>, failure: HttpFailure, mayHaveArrived: boolean): Promise<void> {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof HttpError, String(error))
      assert.deepEqual([error.failure, error.mayHaveArrived], [failure, mayHaveArrived], String(error.cause))
      return true
    })
  }

  it('answers status, headers and the raw bytes', async () => {
    const answer = await createHttpClient(open)({
      method: 'POST',
      url: `http://127.0.0.1:${port}/a?b=c`,
      body: 'é',
      headers: { x: 'y' },
    })
    assert.equal(answer.status, 201)
    assert.equal(answer.headers['x-answer'], 'yes')
    assert.deepEqual([...answer.bytes], [0, 255, 10])
    assert.deepEqual(
      [seen.at(-1)?.body, seen.at(-1)?.path, seen.at(-1)?.headers['content-length']],
      ['é', '/a?b=c', '2'],
    )
  })

  it('reaches no loopback, private or link-local address in any spelling unless configured', async () => {
    seen = []
    const hosts = [
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '127.0.0.1.',
      'localhost',
      'LOCALHOST',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::127.0.0.1]',
      '0.0.0.0',
      '10.0.0.1',
      '169.254.169.254',
      '[fe80::1]',
      '①②⑦.0.0.1',
    ]
    for (const host of hosts)
      await fails(
        createHttpClient(closed)({ method: 'GET', url: `https://${host}:${port}/` }),
        'refused_address',
        false,
      )
    assert.deepEqual(seen, [])
  })

  it('keeps cloud metadata closed even when private addresses are allowed', async () => {
    await fails(
      createHttpClient(open)({ method: 'GET', url: 'http://169.254.169.254/latest/meta-data' }),
      'refused_address',
      false,
    )
    await fails(
      createHttpClient(open)({ method: 'GET', url: 'http://[::ffff:169.254.169.254]/' }),
      'refused_address',
      false,
    )
  })

  it('calls only https unless private addresses are allowed, and never an address with a password', async () => {
    for (const url of [
      'http://example.com/',
      'ftp://example.com/',
      'file:///etc/passwd',
      'https://a:b@example.com/',
      'https://a@example.com/',
      'https://:b@example.com/',
      'nonsense',
      '//x',
    ]) {
      await fails(createHttpClient(closed)({ method: 'GET', url }), 'bad_url', false)
    }
  })

  it('judges the address that the socket takes, so a name that changes its mind gains nothing (DNS rebinding)', async () => {
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['169.254.169.254', '127.0.0.1'], ['::ffff:169.254.169.254']]
    let lookups = 0
    const lookup: ResolveAll = (_host, done) => {
      const addresses = answers[lookups++] ?? []
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    }
    const send = createHttpClient({ ...open, lookup })
    const url = `http://rebinding.example:${port}/`
    assert.equal((await send({ method: 'GET', url })).status, 201)
    await fails(send({ method: 'GET', url }), 'refused_address', false)
    assert.equal((await send({ method: 'GET', url })).status, 201, 'of several addresses only the allowed one is used')
    await fails(send({ method: 'GET', url }), 'refused_address', false)
    assert.equal(lookups, 4, 'one look-up a connection: nothing is resolved twice')
  })

  it('refuses a name that resolves to this machine', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.1.1.1', 'fd00::1']) {
      const lookup: ResolveAll = (_host, done) => done(null, [{ address, family: address.includes(':') ? 6 : 4 }])
      await fails(
        createHttpClient({ ...closed, lookup })({ method: 'POST', url: `https://rebinding.example:${port}/` }),
        'refused_address',
        false,
      )
    }
  })

  it('follows no redirect unless asked, none of a POST, and none to a closed address', async () => {
    const send = createHttpClient(open)
    const to = (target: string) => `http://127.0.0.1:${port}/to?${encodeURIComponent(target)}`
    assert.equal((await send({ method: 'GET', url: to('/end') })).status, 302)
    assert.equal((await send({ method: 'POST', url: to('/end'), redirects: 3 })).status, 302)
    assert.equal((await send({ method: 'GET', url: to('/end'), redirects: 3 })).status, 201)
    assert.equal((await send({ method: 'GET', url: to(to(to('/end'))), redirects: 2 })).status, 302, 'the limit holds')
    const made = { method: 'GET', url: `http://127.0.0.1:${port}/made`, redirects: 3, timeoutMs: 2_000 } as const
    assert.equal((await send(made)).status, 201, 'a Location alone is no redirect')
    for (const target of ['http://169.254.169.254/', 'http://[fe80::1]/', 'http://0.0.0.0/']) {
      await fails(send({ method: 'GET', url: to(target), redirects: 3 }), 'refused_address', false)
    }
    await fails(send({ method: 'GET', url: to('file:///etc/passwd'), redirects: 3 }), 'bad_url', false)
  })

  it('leaves secrets behind when a redirect changes the origin', async () => {
    const send = createHttpClient({
      ...open,
      lookup: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    })
    const secrets = { Authorization: 'Bearer secret', Cookie: 'a=b', DPoP: 'proof', 'Proxy-Authorization': 'Basic x' }
    const url = (origin: string) => `http://127.0.0.1:${port}/to?${encodeURIComponent(`${origin}/end`)}`
    const kept = async (origin: string) => {
      await send({ method: 'GET', url: url(origin), headers: { ...secrets, accept: 'x/y' }, redirects: 1 })
      const { path, headers } = seen.at(-1)!
      assert.deepEqual([path, headers['accept']], ['/end', 'x/y'])
      return ['authorization', 'cookie', 'dpop', 'proxy-authorization'].filter((name) => headers[name] !== undefined)
    }
    assert.deepEqual(await kept(`http://other.example:${port}`), [])
    assert.equal(seen.at(-2)?.headers['authorization'], 'Bearer secret')
    assert.equal((await kept(`http://127.0.0.1:${port}`)).length, 4, 'who asked is who answers')
  })

  it('says whether the request may have arrived', async () => {
    const send = createHttpClient(open)
    const url = (path: string) => `http://127.0.0.1:${port}${path}`
    await fails(send({ method: 'POST', url: url('/silent'), timeoutMs: 150 }), 'timed_out', true)
    await fails(send({ method: 'GET', url: url('/break') }), 'cut_off', true)
    await fails(send({ method: 'GET', url: url('/large'), maxBytes: 1_000_000 }), 'too_large', true)
    await fails(send({ method: 'POST', url: await unusedAddress() }), 'unreachable', false)
    const failing: ResolveAll = (_host, done) => done(new Error('ENOTFOUND'), [])
    await fails(
      createHttpClient({ ...open, lookup: failing })({ method: 'POST', url: 'http://nowhere.example/' }),
      'unreachable',
      false,
    )
    const never: ResolveAll = () => undefined
    await fails(
      createHttpClient({ ...open, lookup: never })({ method: 'POST', url: 'http://slow.example/', timeoutMs: 100 }),
      'timed_out',
      false,
    )
  })

  it('waits longer for an answer to a large body', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const films = [Buffer.alloc(0), Buffer.alloc(3_000_000)]
    const ends: string[] = []
    const calls = films.map(async (body) => {
      const call = createHttpClient(open)({ method: 'POST', url: `http://127.0.0.1:${port}/silent`, body })
      await assert.rejects(call, (error: HttpError) => error.failure === 'timed_out')
      ends.push(`${body.byteLength} bytes`)
    })
    t.mock.timers.tick(20_000)
    await calls[0]
    t.mock.timers.tick(29_999)
    assert.deepEqual(ends, ['0 bytes'])
    t.mock.timers.tick(1)
    await calls[1]
    assert.deepEqual(ends, ['0 bytes', '3000000 bytes'])
  })

  it('sends nothing before encryption stands', async () => {
    const sockets: Socket[] = []
    const plain = createTcpServer((socket) => sockets.push(socket.on('error', () => undefined)))
    await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done))
    const address = plain.address() as AddressInfo
    await fails(
      createHttpClient(open)({ method: 'POST', url: `https://127.0.0.1:${address.port}/`, body: 'x', timeoutMs: 200 }),
      'timed_out',
      false,
    )
    for (const socket of sockets) socket.destroy()
    plain.close()
  })

  it('writes the exchange down without its secrets', async () => {
    const request = {
      method: 'POST',
      url: `http://127.0.0.1:${port}/a?b`,
      headers: { Authorization: 'Bearer s3cret', accept: 'x/y' },
      body: '{"a":"é"}',
    } as const
    const answer = await createHttpClient(open)(request)
    const sent = Buffer.from(requestMessage(request)).toString()
    assert.equal(
      sent,
      `POST /a?b HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nAuthorization: [redacted]\r\naccept: x/y\r\n\r\n{"a":"é"}`,
    )
    const received = Buffer.from(answerMessage(answer)).toString('latin1')
    assert.match(received, /^HTTP\/1\.1 201\r\nx-answer: yes\r\nset-cookie: \[redacted\]\r\n/)
    assert.ok(received.endsWith('\r\n\r\n\u0000\u00ff\n'))
  })
})

/** An address at which nobody listens: a port that was just given back. */
async function unusedAddress(): Promise<string> {
  const server = createTcpServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return `http://127.0.0.1:${port}/`
}
