import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Manifest } from '#server/exports/manifest.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { newId } from '#server/platform/new-id.ts'
import { key, lines, log, pack, problemsOf, repack, setLines } from './forge-package.ts'
import { makeLog, makeSigner, units, uuidOf, type PackageOptions } from './made-log.ts'

it('verifies a whole range and says what it holds', async () => {
  const report = await verifyPackage(await pack(), key)
  assert.deepEqual(report.problems, [])
  assert.ok(report.ok)
  assert.deepEqual(
    { ...report.tally, rootHash: undefined },
    {
      entries: 700,
      withheld: 0,
      provenUntil: null,
      unlisted: [],
      matching: 700,
      delivered: 700,
      disposed: 0,
      rootHash: undefined,
    },
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
    { actor: uuidOf(2) },
    { actor: 'user-2' },
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

it('names the log index of bodies that were altered, exchanged, added, repeated or put out of order (HC-6)', async () => {
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
      /log index 12 .* is called disposed of, but the class mifid-7y keeps it longer/,
    ],
    ['no record', (all) => all.toSpliced(4, 0, 'hello'), 10, /no record/],
  ]
  for (const [what, change, index, sentence] of cases) {
    const forged = await repack(original, (contents) =>
      setLines(contents, 'records.jsonl', change(lines(contents, 'records.jsonl'))),
    )
    const problems = await problemsOf(forged)
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
  // Written after the log's last entry, so that it cannot be in the log yet.
  let certificate = newId('2026-11-20T09:00:00.000Z')
  const disposed = (line: string) =>
    line
      .replace(/"salt":"[^"]*",/, '')
      .replace(/,"body":.*$/, `,"disposed":{"month":"2026-04","because":"x","certificate":"${certificate}"}}`)
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
  // A certificate of its time, one of a time to come, another record's id and none: the log holds no such certificate.
  for (certificate of [newId('2026-02-20T09:00:00.000Z'), newId('2027-02-20T09:00:00.000Z'), uuidOf(3), '']) {
    const [first, ...more] = await problemsOf(await pack({ forge, years: 0 }, small))
    assert.deepEqual([first?.logIndex, more], [0, []])
    assert.match(first!.sentence, /called disposed of, and the log holds no certificate/)
  }
  // Where the end of the log is not shown, the certificate may lie there.
  const range = { first: 0, end: 19 }
  assert.ok(
    (await problemsOf(await pack({ forge, years: 0, range }, small))).every(({ sentence }) =>
      /too early/.test(sentence),
    ),
  )
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
