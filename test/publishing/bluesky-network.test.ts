import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createHttpClient, type HttpClient, type HttpRequest } from '#server/platform/http.ts'
import { NetworkError, type Network, type NetworkAccount } from '#server/platform/network.ts'
import { createBlueskyNetwork } from '#server/publishing/bluesky-network.ts'
import { parsePayload } from '#server/publishing/bluesky-record.ts'
import { startCuttingProxy, type CuttingProxy } from '#test/support/cutting-proxy.ts'
import { startPds, type RunningPds } from '#test/support/start-pds.ts'
import { assertNextStep, renderInput, testNetworkContract } from './network-contract.ts'

const started = await startPds({ rateLimits: true })
if ('missing' in started)
  process.stderr.write(`\n*** NOT TESTED: publishing to a real Bluesky server. ${started.missing}\n\n`)
const skip = 'missing' in started ? started.missing : false
const releasedAt = '2026-03-01T09:30:00.000Z'
const noMedia = async (): Promise<Uint8Array> => assert.fail('no media was approved')
// A PNG of one pixel.
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

describe('bluesky, on a real PDS', { skip }, () => {
  const pds = started as RunningPds
  let proxy: CuttingProxy
  let sent: HttpRequest[] = []
  const plainHttp = createHttpClient({ allowPrivateAddresses: true })
  const http: HttpClient = (request) => (sent.push(request), plainHttp(request))
  const network: Network = createBlueskyNetwork({ http })
  const accountAt = (service: string): NetworkAccount => ({
    profileId: randomUUID(),
    handle: pds.handle,
    remoteAccountId: pds.did,
    settings: { service },
    credential: pds.appPassword,
  })
  const prepare = (text: string) => network.stamp(network.render(renderInput(text), accountAt(pds.url)), releasedAt)
  const listOwn = async () => {
    const answer = await plainHttp({
      method: 'GET',
      url: `${pds.url}/xrpc/com.atproto.repo.listRecords?repo=${pds.did}&collection=app.bsky.feed.post&limit=100`,
    })
    return (
      JSON.parse(Buffer.from(answer.bytes).toString()) as {
        records: { uri: string; cid: string; value: { text: string } }[]
      }
    ).records
  }

  before(async () => {
    proxy = await startCuttingProxy(pds.port)
  })
  after(async () => {
    proxy.close()
    await pds.stop()
  })

  testNetworkContract('bluesky', {
    network: () => network,
    account: () => accountAt(pds.url),
    refusedAccount: () => ({ ...accountAt(pds.url), credential: 'aaaa-bbbb-cccc-dddd' }),
    image: () => ({ bytes: png, mimeType: 'image/png' }),
    sentBytes: (payload) => JSON.stringify(JSON.parse(payload).input),
    tooLong: '👩‍👩‍👧'.repeat(301),
  })

  it('holds the approved record byte for byte, and the same uri and cid however often it is sent', async () => {
    const payload = prepare('Exactly once: é 👨‍👩‍👧‍👦 #résultats https://example.com/a?b=c.')
    const first = await network.publish(accountAt(pds.url), payload, noMedia)
    const { repo, collection, rkey, record } = parsePayload(payload).input
    assert.equal(first.remoteId, `at://${repo}/${collection}/${rkey}`)
    assert.equal(first.permalink, `https://bsky.app/profile/${pds.did}/post/${rkey}`)
    const stored = (await listOwn()).find(({ uri }) => uri === first.remoteId)
    assert.deepEqual(stored?.value, record)
    const again = await network.publish(accountAt(pds.url), payload, noMedia)
    const body = (bytes: Uint8Array) =>
      JSON.parse(Buffer.from(bytes).toString().split('\r\n\r\n')[1]!) as { uri: string; cid: string }
    assert.deepEqual(
      [body(again.responseBytes).uri, body(again.responseBytes).cid],
      [body(first.responseBytes).uri, body(first.responseBytes).cid],
    )
    assert.equal(body(first.responseBytes).cid, stored?.cid)
    assert.equal((await listOwn()).filter(({ uri }) => uri === first.remoteId).length, 1)
  })

  it('signs in once for many requests, and anew when the tokens are spent', async () => {
    const fresh = createBlueskyNetwork({ http })
    sent = []
    await Promise.all(
      [1, 2, 3].map((number) => fresh.publish(accountAt(pds.url), prepare(`Session ${number}`), noMedia)),
    )
    assert.equal(sent.filter(({ url }) => url.endsWith('createSession')).length, 1)
    const spoiled = createBlueskyNetwork({ http: spoilTokens(http, 'putRecord') })
    sent = []
    await spoiled.publish(accountAt(pds.url), prepare('After the access token is spent'), noMedia)
    assert.deepEqual(
      sent.map(({ url }) => url.split('.').at(-1)),
      ['createSession', 'putRecord', 'refreshSession', 'putRecord'],
    )
  })

  it('keeps the credential and the tokens out of the evidence', async () => {
    const published = await network.publish(accountAt(pds.url), prepare('Evidence'), noMedia)
    const evidence = Buffer.concat([published.requestBytes, published.responseBytes]).toString()
    assert.match(
      evidence,
      /^POST \/xrpc\/com\.atproto\.repo\.putRecord HTTP\/1\.1\r\n[\s\S]*authorization: \[redacted\]/,
    )
    assert.ok(!evidence.includes(pds.appPassword) && !/Bearer|eyJ/.test(evidence))
  })

  it('refuses a credential of another account, and an approval given for another account', async () => {
    const wrong = { ...accountAt(pds.url), remoteAccountId: undefined, handle: pds.handle }
    assert.equal((await network.connect(wrong)).remoteAccountId, pds.did)
    const elsewhere = network.stamp(
      network.render(renderInput('Elsewhere'), {
        ...accountAt(pds.url),
        remoteAccountId: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
      }),
      releasedAt,
    )
    await assertNextStep(network.publish(accountAt(pds.url), elsewhere, noMedia), 'rejected')
    await assertNextStep(
      network.connect({ ...accountAt(pds.url), remoteAccountId: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }),
      'reauthorise',
    )
  })

  it('refuses an image that is not the approved one, before anything leaves', async () => {
    const media = [
      {
        mediaId: randomUUID(),
        sha256: createHash('sha256').update(png).digest('hex'),
        mimeType: 'image/png',
        size: png.length,
      },
    ]
    const payload = network.stamp(
      network.render(renderInput('With an image', { media }), accountAt(pds.url)),
      releasedAt,
    )
    sent = []
    await assertNextStep(
      network.publish(accountAt(pds.url), payload, async () => Buffer.from('another')),
      'rejected',
    )
    assert.deepEqual(
      sent.filter(({ url }) => /uploadBlob|putRecord/.test(url)),
      [],
    )
  })

  it('says outcome_unknown when the server dies with the request, and publishes exactly once afterwards', async () => {
    const payload = prepare('The server died before it read this')
    await network.publish(accountAt(proxy.url), prepare('Warm session'), noMedia)
    proxy.cut('putRecord', 'request', () => pds.kill())
    pds.freeze()
    await assertNextStep(network.publish(accountAt(proxy.url), payload, noMedia), 'outcome_unknown')
    await assertNextStep(network.find(accountAt(pds.url), payload), 'retry_later')
    await pds.restart()
    assert.equal(await network.find(accountAt(proxy.url), payload), undefined)
    const { remoteId } = await network.publish(accountAt(proxy.url), payload, noMedia)
    assert.equal(
      (await listOwn()).filter(({ value }) => value.text === 'The server died before it read this').length,
      1,
    )
    assert.equal((await network.find(accountAt(pds.url), payload))?.remoteId, remoteId)
  })

  it('finds the post whose answer was lost when the server died, and a repeat makes no second one', async () => {
    const payload = prepare('The server died after it wrote this')
    proxy.cut('putRecord', 'answer', () => pds.kill())
    await assertNextStep(network.publish(accountAt(proxy.url), payload, noMedia), 'outcome_unknown')
    await pds.restart()
    const found = await network.find(accountAt(proxy.url), payload)
    assert.equal(found?.text, 'The server died after it wrote this')
    assert.equal((await network.publish(accountAt(proxy.url), payload, noMedia)).remoteId, found?.remoteId)
    assert.equal(
      (await listOwn()).filter(({ value }) => value.text === 'The server died after it wrote this').length,
      1,
    )
  })

  it('says retry_later when the server is not there at all', async () => {
    const nowhere = createBlueskyNetwork({ http })
    await assertNextStep(
      nowhere.publish(accountAt('http://127.0.0.1:9'), prepare('Nobody listens'), noMedia),
      'retry_later',
    )
  })

  it('waits as long as the server asks after too many sign-ins', async () => {
    // Sign-ins are counted by account and address; this account the server does not even know.
    const unknown = { ...accountAt(pds.url), remoteAccountId: undefined, handle: 'nobody.test' }
    const attempts = Array.from({ length: 35 }, () => createBlueskyNetwork({ http: plainHttp }).connect(unknown))
    const refusals = (await Promise.allSettled(attempts)).map(
      (attempt) => (attempt as PromiseRejectedResult).reason as unknown,
    )
    const limited = refusals.filter((error) => error instanceof NetworkError && error.nextStep === 'retry_later')
    assert.equal(limited.length, 5, 'thirty in five minutes are allowed')
    for (const refusal of limited) {
      const error = await assertNextStep(Promise.reject(refusal), 'retry_later')
      assert.match(error.message, /RateLimitExceeded/)
      assert.match(String(error.retryAt), /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
    }
  })
})

/** Spoils the first access token that goes to a method, as if two hours had passed. */
function spoilTokens(http: HttpClient, method: string): HttpClient {
  let done = false
  return (request) => {
    if (done || !request.url.endsWith(method)) return http(request)
    done = true
    return http({ ...request, headers: { ...request.headers, authorization: 'Bearer spent' } })
  }
}
