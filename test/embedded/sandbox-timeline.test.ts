import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { registerSandboxTimeline } from '#server/embedded/sandbox-timeline.ts'
import type { App } from '#server/platform/app-type.ts'
import type { NetworkAccount, RenderInput } from '#server/platform/network.ts'
import { createSandboxNetwork } from '#server/publishing/sandbox-network.ts'

const publicUrl = 'http://127.0.0.1:8080'
const account: NetworkAccount = {
  profileId: 'p',
  handle: 'north-bank',
  settings: { displayName: 'North & Bank' },
  credential: 'c',
}
const png = Buffer.from('89504e470d0a1a0a', 'hex')

describe('the sandbox timeline', () => {
  let directory: string
  let app: App

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'timeline-'))
    app = fastify().withTypeProvider<TypeBoxTypeProvider>()
    registerSandboxTimeline(app, { directory, publicUrl })
  })
  after(async () => {
    await app.close()
    await rm(directory, { recursive: true })
  })

  async function publish(
    text: string,
    at: string,
    more: Partial<RenderInput> = {},
    handle = 'north-bank',
  ): Promise<string> {
    const network = createSandboxNetwork({ directory, publicUrl })
    const input = { publicationKey: randomUUID(), text, links: [], media: [], ...more }
    const payload = network.stamp(network.render(input, { ...account, handle }), at)
    return (await network.publish({ ...account, handle }, payload, async () => png)).remoteId
  }
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })

  it('says in the reader’s language that nothing has been published yet', async () => {
    const english = await get('/sandbox')
    assert.equal(english.statusCode, 200)
    assert.match(english.body, /<html lang="en">[\s\S]*Nothing has been published yet/)
    assert.match(
      (await get('/sandbox', { 'accept-language': 'fr-CH, en;q=0.5' })).body,
      /<html lang="fr">[\s\S]*Rien n’est encore paru/,
    )
    assert.match((await get('/sandbox?lang=en', { 'accept-language': 'fr' })).body, /<html lang="en">/)
  })

  it('shows a post as soon as it is published, newest first, with its own page', async () => {
    const older = await publish('Older words', '2026-01-01T10:00:00.000Z')
    const newer = await publish('Newer words', '2026-01-01T11:00:00.000Z')
    const { body } = await get('/sandbox')
    assert.ok(body.indexOf('Newer words') < body.indexOf('Older words') && body.includes('Older words'))
    const own = await get(`/sandbox/posts/${older}`)
    assert.equal(own.statusCode, 200)
    assert.ok(own.body.includes('Older words') && !own.body.includes('Newer words'))
    await createSandboxNetwork({ directory, publicUrl }).retract(account, newer)
    assert.equal((await get(`/sandbox/posts/${newer}`)).statusCode, 404)
    assert.ok(!(await get('/sandbox')).body.includes('Newer words'))
  })

  it('shows each account its own posts', async () => {
    await publish('From another house', '2026-01-02T10:00:00.000Z', {}, 'été & fils/"x')
    const { body } = await get(`/sandbox/@${encodeURIComponent('été & fils/"x')}`)
    assert.ok(body.includes('From another house') && !body.includes('Older words'))
    assert.ok((await get('/sandbox/@nobody')).body.includes('published nothing'))
  })

  it('turns addresses, hashtags and lines into HTML, and nothing else', async () => {
    const hostile =
      '<script>alert(1)</script> & "q" #été https://example.com/a?b=1&c=2\nline\n\npara javascript:alert(1)'
    const links = [{ url: 'https://example.org/x"><img src=x onerror=alert(1)>', text: '<b>card</b>' }]
    const id = await publish(hostile, '2026-01-03T10:00:00.000Z', { links, language: 'fr' })
    const { body } = await get(`/sandbox/posts/${id}`)
    assert.ok(body.includes('<a rel="nofollow noopener" href="https://example.com/a?b=1&#38;c=2">'))
    assert.ok(body.includes('<span class="tag">#été</span>') && body.includes('<br>line</p><p>para'))
    assert.ok(body.includes('<div class="text" lang="fr">'))
    for (const never of ['<script>alert', '<b>card', '<img src=x', 'href="javascript'])
      assert.ok(!body.includes(never), never)
  })

  it('has no inline style or script and sends a strict policy', async () => {
    const answer = await get('/sandbox')
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
    assert.ok(!/style=|<style|onclick|<script(?! src="\/sandbox\/timeline\.js" defer><\/script>)/.test(answer.body))
    assert.equal((await get('/sandbox/style.css')).headers['content-type'], 'text/css; charset=utf-8')
    assert.equal((await get('/sandbox/timeline.js')).headers['content-type'], 'text/javascript; charset=utf-8')
  })

  it('serves approved media, and shows only what a browser may draw', async () => {
    const media = (mimeType: string) => [
      {
        mediaId: randomUUID(),
        sha256: createHash('sha256').update(png).digest('hex'),
        mimeType,
        size: png.length,
        altText: 'A <chart>',
      },
    ]
    const image = await publish('With an image', '2026-01-04T10:00:00.000Z', { media: media('image/png') })
    assert.ok(
      (await get(`/sandbox/posts/${image}`)).body.includes(
        `<img src="/sandbox/media/${image}/0" alt="A &#60;chart&#62;"`,
      ),
    )
    const answer = await get(`/sandbox/media/${image}/0`)
    assert.deepEqual([answer.headers['content-type'], answer.rawPayload.equals(png)], ['image/png', true])
    const film = await publish('With a film', '2026-01-04T11:00:00.000Z', { media: media('video/mp4') })
    assert.ok(
      (await get(`/sandbox/posts/${film}`)).body.includes(
        `<video src="/sandbox/media/${film}/0" aria-label="A &#60;chart&#62;" controls`,
      ),
    )
    const part = await get(`/sandbox/media/${film}/0`, { range: 'bytes=2-4' })
    assert.deepEqual([part.statusCode, part.headers['content-range']], [206, `bytes 2-4/${png.length}`])
    assert.deepEqual(part.rawPayload, png.subarray(2, 5))
    const page = await publish('With a page', '2026-01-05T10:00:00.000Z', { media: media('text/html') })
    const file = await get(`/sandbox/media/${page}/0`)
    assert.deepEqual(
      [file.headers['content-type'], file.headers['content-disposition']],
      ['application/octet-stream', 'attachment'],
    )
    for (const url of ['/sandbox/media/x/0', `/sandbox/media/${image}/9`, `/sandbox/media/${image}/__proto__`])
      assert.equal((await get(url)).statusCode, 404)
  })

  it('turns pages without losing or repeating a post', async () => {
    for (let minute = 10; minute < 55; minute++)
      await publish(`Minute ${minute}`, `2026-02-01T10:${minute}:00.000Z`, {}, 'pages')
    const seen: string[] = []
    for (let url: string | undefined = '/sandbox/@pages'; url !== undefined;) {
      const { body } = await get(url)
      seen.push(...[...body.matchAll(/<p>Minute (\d\d)<\/p>/g)].map((match) => match[1]!))
      url = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 45 }, (_, at) => String(54 - at)),
    )
  })

  it('feeds machines (JSON Feed 1.1)', async () => {
    const answer = await get('/sandbox/feed.json')
    assert.match(String(answer.headers['content-type']), /^application\/feed\+json/)
    const feed = answer.json<{
      version: string
      items: { id: string; url: string; content_text: string; date_published: string }[]
    }>()
    assert.equal(feed.version, 'https://jsonfeed.org/version/1.1')
    assert.equal(feed.items[0]?.content_text, 'Minute 54')
    assert.equal(feed.items[0]?.url, `${publicUrl}/sandbox/posts/${feed.items[0]?.id}`)
  })
})
