import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import type { PostSummary } from '#shared/api/posts.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

interface Page {
  readonly items: readonly PostSummary[]
  readonly nextCursor: string | null
  readonly counts: Record<string, number>
  readonly searchedBackTo: string | null
}
const list = async (reader: SignedIn, query: string) => (await reader.get(`/api/posts?${query}`)).json<Page>()

/** As many posts of that author as years bring, each a second before the one with the next number. */
async function writeManyPosts(gateway: TestGateway, postId: string, total: number): Promise<void> {
  const owner = new pg.Client({ connectionString: gateway.database.ownerUrl })
  await owner.connect()
  const id = `(lpad(to_hex(g), 8, '0') || '-0000-7000-8000-000000000000')::uuid`
  await owner.query('set session_replication_role = replica')
  await owner.query(
    `insert into post_revision select (jsonb_populate_record(r, jsonb_build_object('id', ${id}, 'post_id', ${id}, 'text', case when g = 1 then 'The oldest word' else 'Nothing new' end))).*
      from post_revision r, generate_series(1, ${total}) g where r.post_id = '${postId}'`,
  )
  await owner.query(
    `insert into post select (jsonb_populate_record(p, jsonb_build_object('id', ${id}, 'current_revision_id', ${id}, 'status', 'published', 'created_at', p.created_at - make_interval(secs => ${total + 1} - g)))).*
      from post p, generate_series(1, ${total}) g where p.id = '${postId}'`,
  )
  await owner.end()
}

test('A word is looked for a stretch of posts at a time, and the cursor leads to the oldest', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  await writeManyPosts(gateway, post.postId, 10_050)

  const first = await list(ines, 'q=OLDEST')
  assert.deepEqual([first.items, first.counts], [[], {}])
  assert.ok(first.searchedBackTo !== null && first.nextCursor !== null, 'it says that older posts are left')
  let last = first
  let pages = 1
  for (; last.items.length === 0; pages += 1) {
    assert.ok(last.nextCursor !== null, 'the oldest is reached')
    last = await list(ines, `q=OLDEST&cursor=${last.nextCursor}`)
  }
  assert.equal(pages, 4, 'three thousand at a time')
  assert.deepEqual(
    last.items.map((item) => item.text),
    ['The oldest word'],
  )
  assert.deepEqual([last.searchedBackTo, last.nextCursor], [null, null])

  const found = await list(ines, 'q=lyon&status=in_review')
  assert.deepEqual(
    found.items.map((item) => item.postId),
    [post.postId],
  )
  assert.deepEqual([found.counts, found.searchedBackTo], [{ in_review: 1 }, null], 'one post of that status was all')
  assert.deepEqual((await list(ines, '')).counts, { in_review: 1, published: 10_000 }, 'no more are counted')
})

test('Pages of a list neither skip nor repeat, by status and by word, and others’ posts are not counted', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  for (let number = 0; number < 7; number += 1) {
    const draft = { text: `Draft no. ${number}`, profileIds: [profileId] }
    assert.equal((await camille.post('/api/posts', draft)).statusCode, 201)
    gateway.clock.advance(1000)
  }
  await submit(camille, profileId, 'Handed in.')
  const walk = async (query: string) => {
    const texts: string[] = []
    let cursor = ''
    do {
      const page = await list(camille, `author=me&limit=3&${query}${cursor}`)
      texts.push(...page.items.map((item) => item.text))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    return texts
  }
  const drafts = [6, 5, 4, 3, 2, 1, 0].map((number) => `Draft no. ${number}`)
  assert.deepEqual(await walk('status=draft'), drafts)
  assert.deepEqual(await walk('q=draft'), drafts)
  assert.deepEqual(await walk(''), ['Handed in.', ...drafts])
  assert.deepEqual((await list(camille, 'author=me')).counts, { draft: 7, in_review: 1 })
  assert.deepEqual((await list(ines, 'author=me')).counts, {})
  assert.deepEqual((await list(ines, 'q=handed')).counts, { in_review: 1 })
})
