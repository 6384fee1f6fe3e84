import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createHttpClient } from '#server/platform/http.ts'
import { createBlueskyNetwork } from '#server/publishing/bluesky-network.ts'
import type { Profile } from '#shared/api/profiles.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'
import { startPds } from '#test/support/start-pds.ts'

const started = await startPds()
if ('missing' in started)
  process.stderr.write(`\n*** NOT TESTED: the whole way to a real Bluesky server. ${started.missing}\n\n`)
after(() => ('missing' in started ? undefined : started.stop()))
const skip = 'missing' in started ? started.missing : false

/** Letters that count differently in every way of counting, and a link whose facet is in UTF-8 bytes. */
const text = 'L’agence ouvre à Lyon 👩‍👩‍👧 — Überraschung: https://example.com/lyon #Lyon'

test(
  'A real PDS holds the post that was approved, byte for byte, once, and a retraction removes it',
  { skip },
  async (t) => {
    assert.ok(!('missing' in started))
    const http = createHttpClient({ allowPrivateAddresses: true })
    const { gateway } = await furnishFirm(t, {
      networks: new Map([['bluesky', createBlueskyNetwork({ http })]]),
      sandbox: false,
    })
    const [camille, ines, ada] = [
      await gateway.signIn('camille'),
      await gateway.signIn('ines'),
      await gateway.signIn('ada'),
    ]
    const registered = await ada.post('/api/profiles', {
      network: 'bluesky',
      handle: started.handle,
      displayName: 'Meridian',
    })
    assert.equal(registered.statusCode, 201, registered.body)
    const { profileId } = registered.json<Profile>()
    const path = `/api/profiles/${profileId}/connect`
    const wrong = await ada.post(path, { credential: 'not-the-password', settings: { service: started.url } })
    assert.equal(wrong.statusCode, 422, wrong.body)
    const connected = await ada.post(path, { credential: started.appPassword, settings: { service: started.url } })
    assert.equal(connected.statusCode, 200, connected.body)
    assert.ok(!connected.body.includes(started.appPassword))

    const post = await submit(camille, profileId, text, { language: 'fr' })
    await approve(ines, post)
    await runJobs(gateway)
    const published = await readPost(camille, post.postId)
    assert.equal(published.status, 'published', JSON.stringify(published.publications))
    const live = await listPosts(started.url, started.did)
    assert.equal(live.length, 1)
    assert.deepEqual(Buffer.from(live[0]!.value.text), Buffer.from(text))
    assert.deepEqual(live[0]!.value.langs, ['fr'])
    assert.equal(live[0]!.uri, published.publications[0]!.remoteId)
    const captured = published.timeline.find((entry) => entry.type === 'publication.captured')
    assert.equal(captured?.summary['sameText'], true)

    assert.equal((await camille.post(`/api/posts/${post.postId}/retract`, { reason: 'Moved.' })).statusCode, 200)
    await runJobs(gateway)
    assert.equal((await readPost(camille, post.postId)).status, 'retracted')
    assert.deepEqual(await listPosts(started.url, started.did), [])
  },
)

async function listPosts(
  url: string,
  did: string,
): Promise<{ uri: string; value: { text: string; langs: string[] } }[]> {
  const answer = await fetch(`${url}/xrpc/com.atproto.repo.listRecords?repo=${did}&collection=app.bsky.feed.post`)
  return ((await answer.json()) as { records: { uri: string; value: { text: string; langs: string[] } }[] }).records
}
