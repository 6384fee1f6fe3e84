import assert from 'node:assert/strict'
import test from 'node:test'
import { sql } from 'kysely'
import { commitDirectory } from '#server/archive/commit-directory.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { directoryLines, directoryRoot, proveHeads, verifyHead } from '#server/archive/stream-directory.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

const author = '019a0000-0000-7000-8000-0000000000a1'
const other = '019a0000-0000-7000-8000-0000000000a2'

async function readLatest(archive: TestArchive): Promise<{ treeSize: number; heads: string } | undefined> {
  const { rows } = await sql<{ treeSize: number; heads: string }>`
    select tree_size as "treeSize", heads from archive.directory order by tree_size desc limit 1`.execute(archive.db)
  return rows[0]
}

test('A directory says the length of every stream at the sealed size, whatever was numbered after it, and rests when nothing is new', async (t) => {
  const archive = await openArchive(t)
  for (let at = 0; at < 3; at += 1) await archive.append({ streams: { author } })
  await archive.append({ streams: { author: other, post: author } })
  await sealOnce(archive, { force: true })
  // Numbered, and not sealed yet.
  await archive.append({ streams: { author } })
  await sealOnce(archive)
  await commitDirectory(archive)
  assert.deepEqual(await readLatest(archive), { treeSize: 4, heads: `author ${author} 3\nauthor ${other} 1` })
  await sealOnce(archive, { force: true })
  archive.clock.advance(25 * 3_600_000)
  await commitDirectory(archive)
  assert.deepEqual(await readLatest(archive), { treeSize: 6, heads: `author ${author} 4\nauthor ${other} 1` })
  await sealOnce(archive, { force: true })
  archive.clock.advance(25 * 3_600_000)
  await commitDirectory(archive)
  assert.equal((await readLatest(archive))?.treeSize, 6, 'a directory does not call for the next one')
  await archive.append({ streams: { author } })
  const { sealedSize } = await sealOnce(archive, { force: true })
  archive.clock.advance(-75 * 3_600_000)
  await commitDirectory(archive)
  assert.equal((await readLatest(archive))?.treeSize, sealedSize, 'a clock that was set back puts off none')
  assert.deepEqual((await verifyArchive(archive, { scope: 'full' })).problems, [])
})

test('A directory that lies about a stream is named by the next verification of the whole log', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  await archive.append({ streams: { author } })
  await archive.append({ streams: { author } })
  await sealOnce(archive, { force: true })
  const rootHash = await directoryRoot(directoryLines([{ kind: 'author', id: author, next: 1 }]))
  await archive.append({ type: 'archive.directory_committed', body: { treeSize: 2, rootHash, streams: 1 } })
  await sealOnce(archive, { force: true })
  const { problems } = await verifyArchive(archive, { scope: 'full' })
  assert.deepEqual(
    problems.map(({ kind, logIndex }) => [kind, logIndex]),
    [['directory_differs', 2]],
  )
})

test('The head of one stream is proven by a path; another number, stream, place or root is not', async () => {
  const heads = Array.from({ length: 57 }, (_, at) => ({
    kind: at % 2 === 0 ? 'author' : 'unit',
    id: `id-${at}`,
    next: at,
  }))
  const lines = directoryLines([...heads, { kind: 'post', id: 'p', next: 9 }])
  assert.equal(lines.length, 56, 'streams that have nothing, and those that are not listed, are left out')
  assert.deepEqual(lines, lines.toSorted())
  const directory = { treeSize: 1, rootHash: await directoryRoot(lines), streams: lines.length }
  const ids = heads.filter((head) => head.kind === 'unit').map((head) => head.id)
  const proven = await proveHeads(lines, 'unit', [...ids, 'unknown'])
  assert.equal(proven.length, ids.length)
  for (const head of proven) {
    assert.ok(verifyHead(head, directory))
    assert.equal(verifyHead({ ...head, next: head.next - 1 }, directory), false)
    assert.equal(verifyHead({ ...head, id: 'id-99' }, directory), false)
    assert.equal(verifyHead({ ...head, kind: 'author' }, directory), false)
    assert.equal(verifyHead({ ...head, index: (head.index + 1) % lines.length }, directory), false)
    assert.equal(verifyHead(head, { ...directory, rootHash: 'ab'.repeat(32) }), false)
    assert.equal(verifyHead(head, { ...directory, streams: directory.streams + 1000 }), false)
  }
})
