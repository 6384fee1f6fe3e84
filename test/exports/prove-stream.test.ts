import assert from 'node:assert/strict'
import { it } from 'node:test'
import { directoryLines, directoryRoot, proveHeads } from '#server/archive/stream-directory.ts'
import type { DirectoryProof } from '#server/exports/verify-directory.ts'
import { tellReport } from '#server/exports/tell-report.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { hashBody } from '#server/archive/append-record.ts'
import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { emptyFrontier, appendLeaf, frontierRoot } from '#shared/tlog/frontier.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { proveInclusion } from '#shared/tlog/prove.ts'
import { nodesOf, type MadeLog } from './made-log.ts'
import { key, lines, log, pack, problemsOf, repack, setLines } from './forge-package.ts'

const author = { kind: 'author', ids: ['user-3'] } as const
/** Entries of the made log; behind them stands the directory, and then one more entry of the author. */
const size = log.entries.length
const lateBody = '{"actor":{"displayName":"Zoé"},"content":{}}'
const salt = Buffer.alloc(32, 9)
const lateHeader = `{"actor":"user-3","bodyHash":"${hashBody(salt, Buffer.from(lateBody))}","id":"late","recordedAt":"2026-03-04T00:00:00.000Z","retentionClass":"mifid-7y","streams":{"author":"user-3"},"type":"session.ended","v":1}`
const late = `{"at":"2026-03-04T00:00:00.000Z","h":${lateHeader},"n":${size + 1},"sq":{"author":140}}`
const lateRecord = `{"n":${size + 1},"salt":"${salt.toString('base64')}","header":${lateHeader},"body":${lateBody}}`

/** The made log with a directory of its first 700 entries at index 700; `heads` as they are, unless a test says otherwise. */
async function withDirectory(
  next = 140,
  type = 'archive.directory_committed',
): Promise<{ log: MadeLog; proof: (change?: Partial<DirectoryProof>) => { name: string; content: Uint8Array }[] }> {
  const heads = Array.from({ length: 5 }, (_, at) => ({
    kind: 'author',
    id: `user-${at}`,
    next: at === 3 ? next : 140,
  }))
  const directory = directoryLines(heads)
  const content = { rootHash: await directoryRoot(directory), streams: 5, treeSize: size }
  const body = JSON.stringify({ actor: { kind: 'system' }, content })
  const at = '2026-03-03T20:00:00.000Z'
  const header = `{"actor":"system","bodyHash":"${hashBody(salt, Buffer.from(body))}","id":"directory","recordedAt":"${at}","retentionClass":"permanent","streams":{},"type":"${type}","v":1}`
  const entry = `{"at":"${at}","h":${header},"n":${size},"sq":{}}`
  const entries = [...log.entries, entry, late]
  const leaves = entries.map((text) => hashLeaf(utf8(text)))
  const frontier = emptyFrontier()
  for (const leaf of leaves) appendLeaf(frontier, leaf)
  const readNode = nodesOf(leaves)
  const inclusion = (await proveInclusion(readNode, size, entries.length)).map(toHex)
  const proven = await proveHeads(directory, 'author', ['user-3'])
  const proof = { entry, index: size, inclusion, salt: salt.toString('base64'), body, heads: proven }
  return {
    log: { entries, records: [...log.records, '', lateRecord], readNode, root: frontierRoot(frontier) },
    proof: (change = {}) => [{ name: 'log/directory.json', content: utf8(JSON.stringify({ ...proof, ...change })) }],
  }
}

const options = { streams: author, filter: { author: 'user-3' } }

it('proves one person’s entries whole, and says up to where', async () => {
  const made = await withDirectory()
  const path = await pack({ ...options, proofs: made.proof() }, made.log)
  const report = await verifyPackage(path, key)
  assert.deepEqual(report.problems, [])
  const { entries, delivered, withheld, provenUntil } = report.tally!
  assert.deepEqual(
    { entries, delivered, withheld, provenUntil },
    { entries: 141, delivered: 141, withheld: 561, provenUntil: 700 },
  )
})

it('finds an entry of the stream that was hidden among the hashes: inside by its number, at the end by the directory', async () => {
  const made = await withDirectory()
  for (const [n, sentence] of [
    [303, /number 61 of its author, where number 60 belongs/],
    [698, /by the log's directory, and 139 are shown: its last ones were withheld/],
  ] as const) {
    const hidden = made.log.entries.map((text) =>
      text.includes(`"n":${n},`) ? text.replace('"author":"user-3"', '"author":"user-x"') : text,
    )
    // The late entry would show the gap as well: it goes too, as a forger would have it.
    const forged = hidden.map((text) =>
      n === 698 && text === late ? text.replace('"author":"user-3"', '"author":"user-x"') : text,
    )
    const path = await pack({ ...options, proofs: made.proof() }, { ...made.log, entries: forged })
    const problems = await problemsOf(path)
    assert.ok(
      problems.some((problem) => sentence.test(problem.sentence)),
      `${n}: ${JSON.stringify(problems)}`,
    )
  }
})

it('does not see a hidden end without the directory, and says so: that is what the directory is for', async () => {
  const made = await withDirectory()
  const forged = made.log.entries.map((text) =>
    /"n":(698|701),/.test(text) ? text.replace('"author":"user-3"', '"author":"user-x"') : text,
  )
  const report = await verifyPackage(await pack(options, { ...made.log, entries: forged }), key)
  assert.deepEqual(report.problems, [])
  assert.equal(report.tally?.provenUntil, null)
})

it('refuses a directory that is not in the log, was altered, is another record, or does not list the stream so', async () => {
  const made = await withDirectory()
  const [proof] = made.proof()
  const good = JSON.parse(Buffer.from(proof!.content).toString('utf8')) as DirectoryProof
  const other = log.entries[5]!
  const changes: [Partial<DirectoryProof>, RegExp][] = [
    [{ index: 5 }, /not in the log/],
    [{ entry: good.entry.replace('permanent', 'mifid-7y') }, /not in the log/],
    [{ body: good.body.replace('"treeSize":700', '"treeSize":70') }, /was altered/],
    [{ salt: Buffer.alloc(32).toString('base64') }, /was altered/],
    [
      { entry: other, index: 5, inclusion: (await proveInclusion(made.log.readNode, 5, 702)).map(toHex) },
      /another one/,
    ],
    [{ heads: [{ ...good.heads[0]!, next: 139 }] }, /does not list the author user-3 so/],
    [{ heads: [{ ...good.heads[0]!, id: 'user-2' }] }, /does not list the author user-2 so/],
    [{ inclusion: ['x'] as string[] }, /cannot be read/],
  ]
  for (const [change, sentence] of changes) {
    const problems = await problemsOf(await pack({ ...options, proofs: made.proof(change) }, made.log))
    assert.ok(
      problems.some((problem) => problem.file === 'log/directory.json' && sentence.test(problem.sentence)),
      String(sentence),
    )
  }
  // A record of another type, whose author wrote into it what a directory says: in the log, and with its own hash.
  const posed = await withDirectory(140, 'post.commented')
  const [pose] = await problemsOf(await pack({ ...options, proofs: posed.proof() }, posed.log))
  assert.match(pose?.sentence ?? '', /another one/)
  // A stream of nobody: the directory lists nothing, so nothing is claimed of it.
  const nobody = { streams: { kind: 'author' as const, ids: ['user-9'] }, filter: { author: 'user-9' } }
  const empty = await verifyPackage(await pack({ ...nobody, proofs: made.proof({ heads: [] }) }, made.log), key)
  assert.deepEqual(empty.problems, [])
  assert.deepEqual([empty.tally?.provenUntil, empty.tally?.unlisted], [null, ['user-9']])
  assert.match(tellReport(empty), /does not list 1 of them: that they are empty is not proven/)
  // No head for the stream, which has entries: the directory says that it has none.
  const none = await problemsOf(await pack({ ...options, proofs: made.proof({ heads: [] }) }, made.log))
  assert.ok(
    none.some((problem) => /has 0 entries .* and 140 are shown/.test(problem.sentence)),
    JSON.stringify(none),
  )
})

it('names a record of the stream that is missing, and hashes that are not those of the log', async () => {
  const made = await withDirectory()
  const original = await pack({ ...options, proofs: made.proof() }, made.log)
  const missing = await repack(original, (contents) =>
    setLines(
      contents,
      'records.jsonl',
      lines(contents, 'records.jsonl').filter((line) => !line.startsWith('{"n":303,')),
    ),
  )
  assert.ok(
    (await problemsOf(missing)).some((problem) => problem.logIndex === 303 && /is missing/.test(problem.sentence)),
  )
  const forged = await repack(original, (contents) =>
    setLines(
      contents,
      'log/entries.jsonl',
      lines(contents, 'log/entries.jsonl').map((line) => line.replace(/"nodes":\["[0-9a-f]{4}/, '"nodes":["0000')),
    ),
  )
  assert.ok((await problemsOf(forged)).some((problem) => /root that follows/.test(problem.sentence)))
})
