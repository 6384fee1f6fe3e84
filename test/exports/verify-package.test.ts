import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { open as openZip } from 'yauzl'
import type { Manifest } from '#server/exports/manifest.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { ZipWriter } from '#server/exports/write-zip.ts'
import { makeLog, makeSigner, packLog, units, type PackageOptions } from './made-log.ts'

const folder = await mkdtemp(join(tmpdir(), 'package-'))
after(() => rm(folder, { recursive: true, force: true }))
const log = makeLog(700)
const key = makeSigner(1).verifierKey
let files = 0

async function pack(options: PackageOptions = {}, from = log): Promise<string> {
  const path = join(folder, `${(files += 1)}.zip`)
  await packLog(path, from, options)
  return path
}

/** Verifies, expects problems, and answers their sentences. */
async function problemsOf(path: string, givenKey: string | undefined = key) {
  const report = await verifyPackage(path, givenKey)
  assert.equal(report.ok, false, 'the package must not verify')
  return report.problems
}

/** Unzips, lets the change edit the contents, and zips again as the gateway does: a forger with our code and no key. */
async function repack(path: string, change: (contents: Map<string, Buffer>) => void): Promise<string> {
  const zip = await ZipReader.open(path)
  const contents = new Map<string, Buffer>()
  for (const entry of zip.entries) contents.set(entry.name, Buffer.concat(await Array.fromAsync(zip.read(entry))))
  await zip.close()
  change(contents)
  const forged = join(folder, `${(files += 1)}.zip`)
  const file = await open(forged, 'w')
  const writer = new ZipWriter(file, '2026-11-21T10:00:05.000Z')
  for (const [name, bytes] of contents) await writer.add(name, [bytes], !name.startsWith('manifest.'))
  await writer.end()
  await file.close()
  return forged
}

const lines = (contents: Map<string, Buffer>, name: string) =>
  contents.get(name)!.toString('utf8').trimEnd().split('\n')
const setLines = (contents: Map<string, Buffer>, name: string, all: string[]) =>
  void contents.set(name, Buffer.from(`${all.join('\n')}\n`))

it('verifies a whole range and says what it holds', async () => {
  const report = await verifyPackage(await pack(), key)
  assert.deepEqual(report.problems, [])
  assert.ok(report.ok)
  assert.deepEqual(
    { ...report.tally, rootHash: undefined },
    { entries: 700, withheld: 0, matching: 700, delivered: 700, disposed: 0, rootHash: undefined },
  )
  assert.equal(report.key?.given, true)
})

it('says that the key came from the package when none is given', async () => {
  const report = await verifyPackage(await pack())
  assert.ok(report.ok)
  assert.deepEqual(report.key, { verifierKey: key, given: false })
})

it('verifies every range of a small log and every filter', async () => {
  const small = makeLog(40)
  for (let end = 1; end <= 40; end += 3) {
    const range = { first: 0, end }
    const problems = (await verifyPackage(await pack({ range }, small), key)).problems
    // A range that ends early cannot claim everything; the proof itself must hold.
    assert.ok(end === 40 || problems.every((problem) => /too early/.test(problem.sentence)), JSON.stringify(problems))
  }
  const filters: PackageOptions['filter'][] = [
    { author: 'user-2' },
    { units: [units[1]!] },
    { types: ['post.submitted', 'review.decided'] },
    { verdict: 'review' },
    { post: 'post-3' },
    { author: 'nobody' },
  ]
  for (const filter of filters) {
    const report = await verifyPackage(await pack({ filter: filter ?? {} }), key)
    assert.deepEqual(report.problems, [], JSON.stringify(filter))
    assert.ok(report.tally!.matching < 700)
  }
})

it('verifies a range of dates inside the log and refuses one that was cut short', async () => {
  const long = makeLog(5_000)
  const filter = { from: '2026-03-04T08:00:00.000Z', to: '2026-03-05T08:00:00.000Z' }
  const first = 3 * 288 - 1
  const end = 11 * 288 + 1
  const report = await verifyPackage(await pack({ filter, range: { first, end } }, long), key)
  assert.deepEqual(report.problems, [])
  assert.equal(report.tally?.matching, 288)
  assert.match(
    (await problemsOf(await pack({ filter, range: { first: first + 1, end } }, long)))[0]!.sentence,
    /too late/,
  )
  assert.match(
    (await problemsOf(await pack({ filter, range: { first, end: end - 1 } }, long)))[0]!.sentence,
    /too early/,
  )
})

it('names the log index of a record that was left out, wherever it was', async () => {
  const original = await pack()
  for (const missing of [0, 1, 255, 256, 350, 699]) {
    const forged = await repack(original, (contents) =>
      setLines(contents, 'records.jsonl', lines(contents, 'records.jsonl').toSpliced(missing, 1)),
    )
    const [first] = await problemsOf(forged)
    assert.equal(first?.logIndex, missing)
    assert.match(first.sentence, new RegExp(`log index ${missing} .*missing`))
  }
})

it('names the log index of a header that was left out, repeated or exchanged', async () => {
  const original = await pack()
  const cases: [string, (all: string[]) => string[], RegExp][] = [
    ['dropped', (all) => all.toSpliced(300, 1), /entry 300 is missing/],
    ['dropped at the end', (all) => all.slice(0, -1), /entries 699 to 699 are missing/],
    ['repeated', (all) => all.toSpliced(300, 0, all[299]!), /Entry 299 stands again/],
    ['exchanged', (all) => all.toSpliced(300, 2, all[301]!, all[300]!), /entry 300 is missing: entry 301/],
  ]
  for (const [what, change, sentence] of cases) {
    const forged = await repack(original, (contents) =>
      setLines(contents, 'log/entries.jsonl', change(lines(contents, 'log/entries.jsonl'))),
    )
    const problems = await problemsOf(forged)
    assert.ok(
      problems.some((problem) => sentence.test(problem.sentence)),
      `${what}: ${JSON.stringify(problems)}`,
    )
  }
})

it('narrows an altered header down to 256 entries', async () => {
  const forged = await repack(await pack({ filter: { author: 'nobody' } }), (contents) => {
    const all = lines(contents, 'log/entries.jsonl')
    setLines(contents, 'log/entries.jsonl', all.with(300, all[300]!.replace('user-', 'usrr-')))
  })
  assert.match((await problemsOf(forged))[0]!.sentence, /between log index 256 and 511/)
})

it('names the log index of bodies that were altered, exchanged, added, repeated or put out of order', async () => {
  const original = await pack({ filter: { types: ['post.submitted'] } })
  const cases: [string, (all: string[]) => string[], number, RegExp][] = [
    [
      'altered',
      (all) => all.with(4, all[4]!.replace('Texte n°', 'Texte no')),
      12,
      /body .* log index 12 .*altered or exchanged/,
    ],
    ['salt', (all) => all.with(4, all[4]!.replace(/"salt":"...../, '"salt":"AAAAA')), 12, /body .* log index 12/],
    ['header', (all) => all.with(4, all[4]!.replace('"v":1', '"v":2')), 12, /log index 12 was altered: its header/],
    ['swapped bodies', (all) => swapBodies(all, 4, 5), 12, /body .* log index 12/],
    ['repeated', (all) => all.toSpliced(4, 0, all[4]!), 12, /Record 12 stands again/],
    ['out of order', (all) => all.toSpliced(4, 2, all[5]!, all[4]!), 12, /log index 12 .*missing/],
    ['added', (all) => all.toSpliced(1, 0, log.records[1]!), 1, /log index 1 does not match the query and was added/],
    [
      'claimed to be disposed',
      (all) => all.with(4, all[4]!.replace(/"salt":"[^"]*",/, '').replace(/,"body":.*$/, ',"disposed":{"at":"x"}}')),
      12,
      /./,
    ],
    ['no record', (all) => all.toSpliced(4, 0, 'hello'), 10, /no record/],
  ]
  for (const [what, change, index, sentence] of cases) {
    const forged = await repack(original, (contents) =>
      setLines(contents, 'records.jsonl', change(lines(contents, 'records.jsonl'))),
    )
    const problems = await problemsOf(forged)
    if (what !== 'claimed to be disposed')
      assert.equal(problems[0]?.logIndex, index, `${what}: ${JSON.stringify(problems)}`)
    assert.ok(
      problems.some((problem) => sentence.test(problem.sentence)),
      `${what}: ${JSON.stringify(problems)}`,
    )
  }
})

function swapBodies(all: string[], a: number, b: number): string[] {
  const body = (line: string) => line.slice(line.indexOf(',"body":'))
  const front = (line: string) => line.slice(0, line.indexOf(',"body":'))
  return all.with(a, front(all[a]!) + body(all[b]!)).with(b, front(all[b]!) + body(all[a]!))
}

it('refuses what the gateway itself would have left out: the predicate is applied to the headers again', async () => {
  const forge: PackageOptions['forge'] = (source) => ({
    ...source,
    records: async (indexes) => source.records(indexes.filter((n) => n !== 333)),
  })
  const [first] = await problemsOf(await pack({ forge }))
  assert.equal(first?.logIndex, 333)
})

it('calls a package chosen by words a selection, and still holds every delivered body to its header', async () => {
  const forge: PackageOptions['forge'] = (source) => ({
    ...source,
    records: async (indexes) => source.records(indexes.filter((n) => n % 10 === 0)),
  })
  const report = await verifyPackage(await pack({ forge, selection: { words: 'évidence' } }), key)
  assert.deepEqual(report.problems, [])
  assert.deepEqual([report.tally?.matching, report.tally?.delivered], [700, 70])
})

it('proves what an auditor of one unit may see, with hashes in the place of the rest', async () => {
  const path = await pack({ filter: { units: [units[1]!] }, withheld: true })
  const report = await verifyPackage(path, key)
  assert.deepEqual(report.problems, [])
  assert.deepEqual([report.tally?.entries, report.tally?.withheld, report.tally?.delivered], [233, 467, 233])
  const zip = await ZipReader.open(path)
  const entries = zip.entries.find((entry) => entry.name === 'log/entries.jsonl')!
  const text = Buffer.concat(await Array.fromAsync(zip.read(entries))).toString('utf8')
  await zip.close()
  assert.ok(!text.includes(units[0]!) && !text.includes(units[2]!))
})

it('finds an entry of the unit that was hidden among the hashes', async () => {
  const forge: PackageOptions['forge'] = (source) => ({
    ...source,
    async *entries(first, end) {
      // The gateway itself calls entry 301 one of another unit, for hiding it; its hash stays true.
      for await (const batch of source.entries(first, end))
        yield {
          ...batch,
          text: batch.text
            .split('\n')
            .map((line) => (line.includes('"n":301,') ? line.replace('unit-paris', 'unit-lyon') : line))
            .join('\n'),
        }
    },
  })
  const problems = await problemsOf(await pack({ filter: { units: [units[1]!] }, withheld: true, forge }))
  assert.ok(
    problems.some(
      (problem) =>
        problem.logIndex === 304 && /number 101 of its unit, where number 100 belongs/.test(problem.sentence),
    ),
    JSON.stringify(problems),
  )
})

it('refuses hashes in a package that withholds nothing, and hashes that are not those of the log', async () => {
  const original = await pack({ filter: { units: [units[1]!] }, withheld: true })
  const changes: ((line: string) => string)[] = [
    (line) => line.replace(/[0-9a-f]{64}/, '0'.repeat(64)),
    (line) => line.replace('"from":2,', '"from":3,'),
    (line) => line.replace('"to":4,', '"to":5,'),
    (line) => line.replace('"to":4,', '"to":99999999,'),
    (line) => line.replace(/\["/, '["00'),
  ]
  for (const change of changes) {
    const forged = await repack(original, (contents) => {
      const all = lines(contents, 'log/entries.jsonl')
      const at = all.findIndex((line) => line.startsWith('{"from":2,'))
      setLines(contents, 'log/entries.jsonl', all.with(at, change(all[at]!)))
    })
    assert.ok((await problemsOf(forged)).some((problem) => problem.file === 'log/entries.jsonl'))
  }
})

it('shows disposed bodies as disposed, and refuses the word for bodies that must still be there (GDPR-2)', async () => {
  const disposed = (line: string) =>
    line.replace(/"salt":"[^"]*",/, '').replace(/,"body":.*$/, ',"disposed":{"since":"2026-04","because":"mifid-7y"}}')
  const forge: PackageOptions['forge'] = (source) => ({
    ...source,
    records: async (indexes) => {
      const { count, text } = await source.records(indexes)
      return { count, disposed: count, text: text.split('\n').map(disposed).join('\n') }
    },
  })
  const small = makeLog(20)
  // A class of no years: the records of March may go when April comes, and the package was made in November.
  const report = await verifyPackage(await pack({ forge, years: 0 }, small), key)
  assert.deepEqual(report.problems, [])
  assert.equal(report.tally?.disposed, 20)
  for (const years of [7, 1, null]) {
    const [first] = await problemsOf(await pack({ forge, years }, small))
    assert.equal(first?.logIndex, 0)
    assert.match(first.sentence, /called disposed of, but the class mifid-7y keeps it longer/)
  }
})

it('refuses a manifest that was edited, whatever was edited in it', async () => {
  const original = await pack()
  const edits: ((manifest: Manifest) => Manifest)[] = [
    (manifest) => ({ ...manifest, reason: 'Another reason' }),
    (manifest) => ({ ...manifest, filter: { ...manifest.filter, author: 'user-1' } }),
    (manifest) => ({ ...manifest, selection: { words: 'nothing' } }),
    (manifest) => ({ ...manifest, counts: { ...manifest.counts, delivered: 1 } }),
    (manifest) => ({ ...manifest, requestedBy: { userId: 'user-2', displayName: 'Somebody' } }),
  ]
  for (const edit of edits) {
    const forged = await repack(original, (contents) => {
      const manifest: Manifest = JSON.parse(contents.get('manifest.json')!.toString('utf8'))
      contents.set('manifest.json', Buffer.from(`${JSON.stringify(edit(manifest), null, 2)}\n`))
    })
    const problems = await problemsOf(forged)
    assert.ok(
      problems.some(
        (problem) => problem.file === 'manifest.json' && /altered after the gateway signed/.test(problem.sentence),
      ),
      JSON.stringify(problems),
    )
  }
})

it('refuses a package that another key signed throughout', async () => {
  const forged = await pack({ signer: makeSigner(2) })
  assert.ok((await verifyPackage(forged)).ok, 'it hangs together under its own key')
  const problems = await problemsOf(forged)
  assert.ok(problems.some((problem) => /not the one that you gave/.test(problem.sentence)))
  assert.ok(problems.some((problem) => problem.file === 'manifest.note' && /forged/.test(problem.sentence)))
  assert.ok(problems.some((problem) => problem.file === 'log/checkpoint'))
})

it('refuses a checkpoint of another key, another size or another root', async () => {
  const other = makeLog(701)
  for (const checkpoint of [{ signer: makeSigner(2) }, { size: 701 }, { root: other.root }]) {
    const problems = await problemsOf(await pack({ checkpoint }))
    assert.ok(
      problems.some((problem) => ['log/checkpoint', 'log/entries.jsonl'].includes(problem.file)),
      JSON.stringify(problems),
    )
  }
})

it('refuses keys that are none', async () => {
  for (const nonsense of ['', 'x', `${key}A`, key.replace('gateway', 'gatevay')])
    assert.match(
      (await problemsOf(await pack(), nonsense)).map((problem) => problem.sentence).join(),
      /not a verifier key|not the one/,
    )
})

it('refuses files that are added, missing, doubled or renamed', async () => {
  const original = await pack()
  const added = await repack(original, (contents) => contents.set('extra.txt', Buffer.from('x')))
  assert.ok(
    (await problemsOf(added)).some((problem) => problem.file === 'extra.txt' && /does not list/.test(problem.sentence)),
  )
  for (const name of [
    'README.md',
    'records.jsonl',
    'log/entries.jsonl',
    'log/checkpoint',
    'log/edges.json',
    'log/nodes.bin',
    'manifest.json',
    'manifest.note',
  ]) {
    const missing = await repack(original, (contents) => contents.delete(name))
    assert.ok(
      (await problemsOf(missing)).some((problem) => problem.file === name),
      name,
    )
  }
  const doubled = join(folder, 'doubled.zip')
  const file = await open(doubled, 'w')
  const writer = new ZipWriter(file, '2026-11-21T10:00:05.000Z')
  const zip = await ZipReader.open(original)
  for (const entry of zip.entries) {
    const bytes = Buffer.concat(await Array.fromAsync(zip.read(entry)))
    await writer.add(entry.name, [bytes], entry.compressed)
    if (entry.name === 'README.md') await writer.add(entry.name, [bytes], entry.compressed)
  }
  await writer.end()
  await Promise.all([file.close(), zip.close()])
  assert.ok(
    (await problemsOf(doubled)).some((problem) => problem.file === 'README.md' && /twice/.test(problem.sentence)),
  )
})

it('refuses a truncated file at every length, and bytes in front or behind', async () => {
  const original = await readFile(await pack({}, makeLog(3)))
  const path = join(folder, 'cut.zip')
  for (let length = 0; length < original.length; length += length < 100 || length > original.length - 200 ? 1 : 97) {
    await writeFile(path, original)
    await truncate(path, length)
    await problemsOf(path)
  }
  for (const altered of [
    Buffer.concat([original, Buffer.of(0)]),
    Buffer.concat([Buffer.of(0), original]),
    Buffer.concat([original, original]),
  ]) {
    await writeFile(path, altered)
    await problemsOf(path)
  }
})

it('stops at a zip bomb instead of unpacking it', async () => {
  const original = await readFile(await pack({}, makeLog(3)))
  const zip = await ZipReader.open(join(folder, `${files}.zip`))
  const entry = zip.entries.find((candidate) => candidate.name === 'records.jsonl')!
  await zip.close()
  const start = entry.offset + 30 + entry.name.length
  // As many compressed bytes as before, that unpack to a thousand times as much.
  const bomb = deflateRawSync(Buffer.alloc(entry.storedSize * 1_000), { level: 9 }).subarray(0, entry.storedSize)
  bomb.copy(original, start)
  const path = join(folder, 'bomb.zip')
  await writeFile(path, original)
  assert.ok(
    (await problemsOf(path)).some(
      (problem) => problem.file === 'records.jsonl' && /unpacks to more than/.test(problem.sentence),
    ),
  )
})

it('names the place of an altered byte, wherever it is (SEC-3)', async () => {
  const path = await pack({}, makeLog(3))
  const original = await readFile(path)
  const altered = join(folder, 'altered.zip')
  const check = async (at: number, mask: number) => {
    const bytes = Buffer.from(original)
    bytes[at]! ^= mask
    await writeFile(altered, bytes)
    const { ok, problems } = await verifyPackage(altered, key)
    assert.ok(
      !ok && problems[0]!.file !== '' && problems[0]!.sentence !== '',
      `byte ${at} of ${original.length}, mask ${mask}`,
    )
  }
  // Every byte of the zip's own structure, where lenient readers look away, then bytes anywhere.
  for (const at of await structureOf(path)) await check(at, 1 << (at % 8))
  const anywhere = fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), check)
  await fc.assert(anywhere, { numRuns: 300 })
})

/** Positions of a zip file's headers, descriptors, directory and end, and of the last bytes of each file's data. */
async function structureOf(path: string): Promise<number[]> {
  const zip = await ZipReader.open(path)
  const data = zip.entries.map((entry) => {
    const start = entry.offset + 30 + entry.name.length
    return { start, end: start + entry.storedSize - 3 }
  })
  await zip.close()
  const { length } = await readFile(path)
  return Array.from({ length }, (_, at) => at).filter((at) => !data.some(({ start, end }) => at >= start && at < end))
}

it('is a zip that other programs read', async (t) => {
  const path = await pack()
  const names = await new Promise<string[]>((resolve, reject) => {
    const found: string[] = []
    openZip(path, (error, zip) => {
      if (error !== null) return reject(error)
      zip
        .on('entry', (entry) => found.push(entry.fileName))
        .on('end', () => resolve(found))
        .on('error', reject)
    })
  })
  assert.deepEqual(names.slice(-2), ['manifest.json', 'manifest.note'])
  const script =
    'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len(z.read("log/entries.jsonl").splitlines()))'
  const python = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' })
  if (python.error !== undefined) t.diagnostic('python3 is not on this machine: only yauzl read the package')
  else assert.equal(python.stdout.trim(), '700', python.stderr)
})
