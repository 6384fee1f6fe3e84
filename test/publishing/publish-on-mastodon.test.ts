import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createHttpClient } from '#server/platform/http.ts'
import { createMastodonNetwork } from '#server/publishing/mastodon-network.ts'
import type { Profile } from '#shared/api/profiles.ts'
import { startCuttingProxy } from '#test/support/cutting-proxy.ts'
import { createFakeClock } from '#test/support/fake-clock.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'
import { startSnac } from '#test/support/start-snac.ts'

const started = await startSnac()
if ('missing' in started)
  process.stderr.write(`\n*** NOT TESTED: the whole way to a server with Mastodon's API. ${started.missing}\n\n`)
after(() => ('missing' in started ? undefined : started.stop()))
const skip = 'missing' in started ? started.missing : false
const text = 'Notre agence ouvre à Lyon le 3 mars — à bientôt ! https://example.com/lyon'

test(
  'A network that cannot tell a repeat is asked before anything is sent again, and the post is there once',
  { skip },
  async (t) => {
    assert.ok(!('missing' in started))
    const proxy = await startCuttingProxy(Number(new URL(started.url).port))
    t.after(() => proxy.close())
    const http = createHttpClient({ allowPrivateAddresses: true })
    const { gateway } = await furnishFirm(t, {
      networks: new Map([['mastodon', createMastodonNetwork({ http })]]),
      sandbox: false,
      // The server's own clock is the machine's; a release is compared with it.
      clock: createFakeClock(new Date().toISOString()),
    })
    const [camille, ines, ada] = [
      await gateway.signIn('camille'),
      await gateway.signIn('ines'),
      await gateway.signIn('ada'),
    ]
    const registered = await ada.post('/api/profiles', { network: 'mastodon', handle: 'bank', displayName: 'Meridian' })
    const { profileId } = registered.json<Profile>()
    const connected = await ada.post(`/api/profiles/${profileId}/connect`, {
      credential: started.token,
      settings: { server: proxy.url },
    })
    assert.equal(connected.statusCode, 200, connected.body)

    const post = await submit(camille, profileId, text, { language: 'fr' })
    await approve(ines, post)
    proxy.cut('POST /api/v1/statuses', 'answer', () => undefined)
    await runJobs(gateway)
    assert.equal((await readPost(camille, post.postId)).status, 'unconfirmed')
    gateway.clock.advance(30_000)
    await runJobs(gateway)
    assert.equal((await readPost(camille, post.postId)).status, 'unconfirmed', 'the request may still be at work')
    gateway.clock.advance(31_000)
    await runJobs(gateway)
    const published = await readPost(camille, post.postId)
    assert.equal(published.status, 'published', JSON.stringify(published.publications))
    assert.equal(published.publications[0]!.attempts, 1, 'it was looked up and not sent again')
    assert.equal((await readStatuses(started.url, started.token)).filter((status) => status.text === text).length, 1)
  },
)

async function readStatuses(url: string, token: string): Promise<{ text: string }[]> {
  const headers = { authorization: `Bearer ${token}` }
  const account = (await (await fetch(`${url}/api/v1/accounts/verify_credentials`, { headers })).json()) as {
    id: string
  }
  return (await (await fetch(`${url}/api/v1/accounts/${account.id}/statuses`, { headers })).json()) as {
    text: string
  }[]
}
