import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createHttpClient } from '#server/platform/http.ts'
import type { NetworkAccount } from '#server/platform/network.ts'
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
