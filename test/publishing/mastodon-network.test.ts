import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createHttpClient } from '#server/platform/http.ts'
import { NetworkError, type NetworkAccount } from '#server/platform/network.ts'
import { createMastodonNetwork } from '#server/publishing/mastodon-network.ts'
import { saysTheSame, textOfStatus } from '#server/publishing/mastodon-text.ts'
import { startCuttingProxy } from '#test/support/cutting-proxy.ts'
import { startSnac, type RunningSnac } from '#test/support/start-snac.ts'
import { assertNextStep, renderInput, testNetworkContract } from './network-contract.ts'

const started = await startSnac()
if ('missing' in started)
  process.stderr.write(`\n*** NOT TESTED: publishing to a real server with Mastodon's API. ${started.missing}\n\n`)
const skip = 'missing' in started ? started.missing : false
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

describe('mastodon, on a real server with its API', { skip }, () => {
  const snac = started as RunningSnac
  const network = createMastodonNetwork({ http: createHttpClient({ allowPrivateAddresses: true }) })
  let remoteAccountId: string
  const accountAt = (server: string): NetworkAccount => ({
    profileId: randomUUID(),
    handle: 'bank',
    remoteAccountId,
    settings: { server },
    credential: snac.token,
  })

  before(async () => {
    remoteAccountId = (await network.connect(accountAt(snac.url))).remoteAccountId
  })
  after(() => snac.stop())

  testNetworkContract('mastodon', {
    network: () => network,
    account: () => accountAt(snac.url),
    refusedAccount: () => ({ ...accountAt(snac.url), credential: 'f'.repeat(32) }),
    image: () => ({ bytes: png, mimeType: 'image/png' }),
    sentBytes: (payload) => JSON.stringify(JSON.parse(payload).input),
    repeatable: false,
    linkCards: false,
    deletes: false,
    tooLong: 'é'.repeat(501),
  })

  it('finds the post whose answer was lost, so that it is not sent again', async () => {
    const proxy = await startCuttingProxy(Number(new URL(snac.url).port))
    const text = `The answer to this was lost ${randomUUID()}`
    const payload = network.stamp(network.render(renderInput(text), accountAt(proxy.url)), '2026-03-01T09:30:00.000Z')
    proxy.cut('POST /api/v1/statuses', 'answer', () => undefined)
    await assertNextStep(
      network.publish(accountAt(proxy.url), payload, async () => assert.fail()),
      'outcome_unknown',
    )
    assert.equal((await network.find(accountAt(snac.url), payload))?.text, text)
    proxy.close()
  })

  it('does not take an older post with the same words for the one that was released later', async () => {
    const text = `Every year the same words ${randomUUID()}`
    const stamped = (at: string) => network.stamp(network.render(renderInput(text), accountAt(snac.url)), at)
    await network.publish(accountAt(snac.url), stamped('2026-03-01T09:30:00.000Z'), async () => assert.fail())
    assert.equal(await network.find(accountAt(snac.url), stamped('2099-03-01T09:30:00.000Z')), undefined)
  })
})

/** One answer of a server: its status, its body and its headers. */
interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const at = '2026-03-01T09:30:00.000Z'
const later = (seconds: number) => new Date(Date.parse(at) + seconds * 1_000).toISOString()

describe('mastodon, answer by answer', () => {
  const network = createMastodonNetwork({ http: createHttpClient({ allowPrivateAddresses: true }) })
  const asked: string[] = []
  const bodies: Buffer[] = []
  const keys: (string | undefined)[] = []
  let answers: (path: string) => Answer
  const server = createServer((request, response) => {
    const path = `${request.method} ${request.url}`
    asked.push(path)
    const { status = 200, body = {}, headers = {} } = answers(path)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => {
      bodies.push(Buffer.concat(chunks))
      keys.push(request.headersDistinct['idempotency-key']?.[0])
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  before(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
  after(() => void server.close())
  const account = (): NetworkAccount => ({
    profileId: randomUUID(),
    handle: 'bank',
    remoteAccountId: '7',
    settings: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    credential: 'token',
  })
  const script = (next: typeof answers) => {
    answers = next
    asked.length = 0
  }
  const stamped = (media: Parameters<typeof renderInput>[1] = {}) =>
    network.stamp(network.render(renderInput('Said once.', media), account()), at)
  const status = (id: number, seconds: number, text = 'Others.') => ({
    id: String(id),
    url: `https://m.example/${id}`,
    created_at: later(seconds),
    text,
  })
  const nothingSent = async () => assert.fail('no media here')

  it('takes each refusal for what it is', async () => {
    const reset = later(90)
    const table: [Answer, writing: string, reading: string][] = [
      [{ status: 401 }, 'reauthorise', 'reauthorise'],
      [{ status: 403 }, 'reauthorise', 'reauthorise'],
      [{ status: 422, body: { error: 'Too long' } }, 'rejected', 'rejected'],
      [{ status: 404 }, 'rejected', ''],
      [{ status: 410 }, 'rejected', ''],
      [{ status: 429, headers: { 'x-ratelimit-reset': reset } }, 'retry_later', 'retry_later'],
      [{ status: 302 }, 'rejected', 'rejected'],
      [{ status: 500 }, 'outcome_unknown', 'retry_later'],
      [{ status: 503, body: '<html>' }, 'outcome_unknown', 'retry_later'],
      [{ status: 200, body: '<html>' }, 'outcome_unknown', 'retry_later'],
      [{ status: 200, body: { id: '1' } }, 'outcome_unknown', 'outcome_unknown'],
    ]
    for (const [answer, writing, reading] of table) {
      script(() => answer)
      const told = JSON.stringify(answer)
      const error = await network.publish(account(), stamped(), nothingSent).then(String, (failure: unknown) => failure)
      assert.ok(error instanceof NetworkError, told)
      assert.deepEqual([error.nextStep, error.retryAt], [writing, answer.status === 429 ? reset : undefined], told)
      const read = await network.capture(account(), '1').then(
        () => '',
        (failure: NetworkError) => failure.nextStep,
      )
      assert.equal(read, reading, told)
    }
  })

  it('looks through its own statuses back to the release, page by page, and says nothing is there only when all were seen', async () => {
    const page = (from: number, seconds: number) => Array.from({ length: 40 }, (_, n) => status(from - n, seconds))
    const pages = (...bodies: unknown[]) =>
      script((path) => (path.includes('/source') ? { status: 404 } : { body: bodies[asked.length - 1] ?? [] }))
    pages(page(100, 60), [status(60, 30), status(59, 1, 'Said once.')])
    assert.equal((await network.find(account(), stamped()))?.remoteId, '59')
    assert.deepEqual(asked, [
      'GET /api/v1/accounts/7/statuses?limit=40&exclude_reblogs=true',
      'GET /api/v1/accounts/7/statuses?limit=40&exclude_reblogs=true&max_id=61',
    ])
    pages([status(3, 60), status(2, -299, 'Said once.')])
    assert.equal((await network.find(account(), stamped()))?.remoteId, '2', 'clocks differ by five minutes')
    pages([status(3, 60), status(2, -301), status(1, 1, 'Said once.')])
    assert.equal(await network.find(account(), stamped()), undefined, 'what is older than the release is not it')
    pages(page(100, 60), [])
    assert.equal(await network.find(account(), stamped()), undefined)
    pages(...Array.from({ length: 11 }, (_, n) => page(1_000 - 40 * n, 60)))
    await assertNextStep(network.find(account(), stamped()), 'retry_later')
    assert.equal(asked.length, 10)
    script(() => ({ body: { not: 'a list' } }))
    await assertNextStep(network.find(account(), stamped()), 'retry_later')
  })

  it('believes that a post is gone only when it cannot be read any more', async () => {
    const gone = (deletion: number, reading: number) =>
      script((path) => ({ status: path.startsWith('DELETE') ? deletion : reading, body: status(1, 1) }))
    for (const [deletion, reading] of [
      [200, 200],
      [404, 404],
      [410, 410],
      [404, 410],
    ] as const) {
      gone(deletion, reading)
      await network.retract(account(), '1')
      assert.equal(asked.length, deletion === 200 ? 1 : 2)
    }
    gone(404, 200)
    await assertNextStep(network.retract(account(), '1'), 'rejected')
    gone(404, 503)
    await assertNextStep(network.retract(account(), '1'), 'retry_later')
    gone(401, 200)
    await assertNextStep(network.retract(account(), '1'), 'reauthorise')
  })

  it('sends the approved files and no others, and waits until the server has made them', async () => {
    const sha256 = createHash('sha256').update(png).digest('hex')
    const payload = stamped({ media: [{ mediaId: 'm', sha256, mimeType: 'image/png', size: png.length }] })
    script((path) => {
      if (path === 'POST /api/v2/media') return { status: 202, body: { id: '5' } }
      if (path === 'GET /api/v1/media/5') return { status: asked.filter((one) => one === path).length < 2 ? 206 : 200 }
      return { body: status(9, 1) }
    })
    await assertNextStep(
      network.publish(account(), payload, async () => Buffer.from('swapped')),
      'rejected',
    )
    assert.deepEqual(asked, [], 'nothing leaves')
    assert.equal((await network.publish(account(), payload, async () => png)).remoteId, '9')
    assert.deepEqual(asked, [
      'POST /api/v2/media',
      'GET /api/v1/media/5',
      'GET /api/v1/media/5',
      'POST /api/v1/statuses',
    ])
    script(() => ({ status: 500 }))
    await assertNextStep(
      network.publish(account(), payload, async () => png),
      'retry_later',
    )
  })
})

describe('the text of a status', () => {
  const table: [string, string][] = [
    [
      '<p>Hello &amp; <b>goodbye</b><br>line</p><p>Second &lt;3 &#39;q&#39; &#x1F600;</p>',
      "Hello & goodbye\nline\n\nSecond <3 'q' 😀",
    ],
    [
      '<p>See <a href="https://example.com/abc"><span class="invisible">https://</span><span class="ellipsis">example.com/a</span><span class="invisible">bc</span></a></p>',
      'See https://example.com/abc',
    ],
    ['<p><a href="https://m.example/tags/x" class="mention hashtag">#<span>x</span></a></p>', '#x'],
    ['&unknown; &#99999999;', '&unknown; &#99999999;'],
  ]
  for (const [html, text] of table) it(`is ${JSON.stringify(text)}`, () => assert.equal(textOfStatus(html), text))

  it('is the same whatever a server did to white space, and another when a letter differs', () => {
    assert.ok(saysTheSame('a  b\n\nc ', 'a b\nc') && saysTheSame('e\u0301', 'é'))
    assert.ok(!saysTheSame('a b', 'a c'))
  })
})
