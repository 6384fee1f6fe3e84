import assert from 'node:assert/strict'
import { open, readFile, writeFile } from 'node:fs/promises'
import { it } from 'node:test'
import { manifestNote, packageFiles, type Manifest } from '#server/exports/manifest.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { ZipWriter, type PackedFile } from '#server/exports/write-zip.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import { formatCheckpoint } from '#shared/tlog/checkpoint.ts'
import { formatSignature, parseVerifierKey } from '#shared/tlog/note.ts'
import { freshPath, key, lines, log, pack, setLines } from './forge-package.ts'
import { makeLog, makeSigner, units } from './made-log.ts'

type Contents = Map<string, Buffer>
type Change = (contents: Contents, manifest: Manifest) => void

/**
 * What a forger does who has the key of the log: he changes the contents, or the manifest after its files were listed anew,
 * and signs it all again. Nothing but the check in question stands in his way.
 */
async function forge(path: string, { contents: change, manifest: edit }: { contents?: Change; manifest?: Change }) {
  const zip = await ZipReader.open(path)
  const contents: Contents = new Map()
  for (const entry of zip.entries) contents.set(entry.name, Buffer.concat(await Array.fromAsync(zip.read(entry))))
  await zip.close()
  const manifest = JSON.parse(contents.get(packageFiles.manifest)!.toString('utf8')) as Manifest
  change?.(contents, manifest)
  for (const name of [packageFiles.manifest, packageFiles.signature]) contents.delete(name)
  const forged = freshPath()
  const file = await open(forged, 'w')
  const writer = new ZipWriter(file, manifest.startedAt)
  const packed: PackedFile[] = []
  for (const [name, bytes] of contents) packed.push(await writer.add(name, [bytes]))
  Object.assign(manifest, { files: packed })
  edit?.(contents, manifest)
  const bytes = Buffer.from(JSON.stringify(manifest))
  const signer = makeSigner(1)
  const note = manifestNote(manifest.log.origin, manifest.exportId, bytes)
  const signature = formatSignature(
    signer.name,
    parseVerifierKey(signer.verifierKey).publicKey,
    await signer.sign(utf8(note)),
  )
  await writer.add(packageFiles.manifest, [bytes], false)
  await writer.add(packageFiles.signature, [Buffer.from(`${note}\n${signature}`)], false)
  await writer.end()
  await file.close()
  return forged
}

const whole = await pack()
const ofOneUnit = await pack({ filter: { units: [units[1]!] }, withheld: true })
const entries = (change: (all: string[]) => string[]): Change => onLines(packageFiles.entries, change)
const records = (change: (all: string[]) => string[]): Change => onLines(packageFiles.records, change)

function onLines(name: string, change: (all: string[]) => string[]): Change {
  return (contents) => setLines(contents, name, change(lines(contents, name)))
}

const put =
  (name: string, content: string): Change =>
  (contents) =>
    void contents.set(name, Buffer.from(content))

const logSaying = (edit: Partial<Manifest['log']>): Change => {
  return (_contents, manifest) => void Object.assign(manifest.log, edit)
}

/** Changes what the manifest says of one file. */
const listed = (name: string, edit: Partial<PackedFile>): Change => {
  return (_contents, manifest) =>
    void Object.assign(
      manifest.files.find((file) => file.name === name)!,
      edit,
    )
}

const hidden = (change: (line: string) => string): Change =>
  entries((all) => {
    const at = all.findIndex((line) => line.startsWith('{"from":2,'))
    return all.with(at, change(all[at]!))
  })

const other = 'f'.repeat(64)
const beyond = makeLog(701).entries[700]!

type Forgery = readonly [
  name: string,
  path: string,
  forgery: { contents?: Change; manifest?: Change },
  file: string,
  sentence: RegExp,
]

const forgeries: readonly Forgery[] = [
  [
    'a record that stands again behind the last',
    whole,
    { contents: records((all) => [...all, all.at(-1)!]) },
    'records.jsonl',
    /Record 699 stands again/,
  ],
  [
    'a line behind the last record that is none',
    whole,
    { contents: records((all) => [...all, 'hello']) },
    'records.jsonl',
    /is no record/,
  ],
  [
    'an entry whose time goes back',
    whole,
    { contents: entries((all) => all.with(300, all[300]!.replace(/"at":"2026-03-02/, '"at":"2026-03-01'))) },
    'log/entries.jsonl',
    /time goes back at entry 300\./,
  ],
  [
    'an entry behind the end of the range',
    whole,
    { contents: entries((all) => [...all, beyond]) },
    'log/entries.jsonl',
    /Entry 700 stands beyond the end of the range/,
  ],
  [
    'an entry that is missing and was closed up over',
    whole,
    { contents: entries((all) => all.toSpliced(300, 1)) },
    'log/entries.jsonl',
    /entry 300 is missing: entry 301 stands in its place/,
  ],
  [
    'the last entry left out',
    whole,
    { contents: entries((all) => all.slice(0, -1)) },
    'log/entries.jsonl',
    /entries 699 to 699 are missing/,
  ],
  [
    'hashes in a package that says that it withholds nothing',
    ofOneUnit,
    { manifest: logSaying({ withheld: false }) },
    'log/entries.jsonl',
    /Hashes stand where the log's entry 0 belongs/,
  ],
  ...(
    [
      ['hashes of an empty range', '"to":2,'],
      ['hashes that reach beyond the range', '"to":701,'],
    ] as const
  ).map(
    ([name, to]) =>
      [
        name,
        ofOneUnit,
        { contents: hidden((line) => line.replace('"to":4,', to)) },
        'log/entries.jsonl',
        /Hashes stand where the log's entry 2 belongs/,
      ] as const,
  ),
  [
    'hashes of another range',
    ofOneUnit,
    { contents: hidden((line) => line.replace('"from":2,', '"from":3,')) },
    'log/entries.jsonl',
    /Hashes stand where the log's entry 2 belongs/,
  ],
  [
    'a hash that is not the log’s',
    ofOneUnit,
    { contents: hidden((line) => line.replace(/[0-9a-f]{64}/, other)) },
    'log/entries.jsonl',
    /The root that follows from the entries is not the signed one/,
  ],
  ...(['entries', 'withheld', 'matching', 'delivered', 'disposed'] as const).map(
    (name): Forgery =>
      [
        `another number of ${name}`,
        whole,
        { manifest: (_contents, manifest) => void (manifest.counts[name] += 1) },
        'manifest.json',
        new RegExp(`The manifest counts \\d+ ${name}, the package holds`),
      ] as const,
  ),
  [
    'a file that the manifest does not list',
    whole,
    {
      contents: put('extra.txt', 'x'),
      manifest: (_contents, manifest) =>
        void (manifest.files = manifest.files.filter((file) => file.name !== 'extra.txt')),
    },
    'extra.txt',
    /the manifest does not list it/,
  ],
  [
    'a file that is only listed',
    whole,
    {
      manifest: (_contents, manifest) => {
        manifest.files.push({ ...manifest.files[0]!, name: 'gone.txt' })
      },
    },
    'gone.txt',
    /lists the file, but it is not in the package/,
  ],
  [
    'files in another order',
    whole,
    { manifest: (_contents, manifest) => void (manifest.files = manifest.files.toReversed()) },
    'the zip directory',
    /another order than in the manifest/,
  ],
  ...['records.jsonl', 'log/entries.jsonl', 'log/checkpoint'].flatMap(
    (name) =>
      [
        [
          `another content of ${name}`,
          whole,
          { manifest: listed(name, { sha256: other }) },
          name,
          /The content of the file was altered/,
        ],
        [
          `other compressed bytes of ${name}`,
          whole,
          { manifest: listed(name, { storedSha256: other }) },
          name,
          /The compressed bytes of the file were altered/,
        ],
      ] as const,
  ),
  [
    'a manifest of another log',
    whole,
    { manifest: logSaying({ origin: 'other.test/tlog' }) },
    'manifest.json',
    /speaks for the log other\.test\/tlog, the key for gateway\.test\/tlog/,
  ],
  [
    'another size than the checkpoint’s',
    whole,
    { manifest: logSaying({ size: 701 }) },
    'log/checkpoint',
    /not the one that the manifest names/,
  ],
  [
    'another root than the checkpoint’s',
    whole,
    { manifest: logSaying({ rootHash: other }) },
    'log/checkpoint',
    /not the one that the manifest names/,
  ],
  [
    'a checkpoint that is none',
    whole,
    { contents: put('log/checkpoint', 'x') },
    'log/checkpoint',
    /not one of the log/,
  ],
  [
    'a range that ends behind the log',
    whole,
    { manifest: logSaying({ end: 701 }) },
    'log/entries.jsonl',
    /The range of the manifest is none/,
  ],
  [
    'a range that begins behind its end',
    whole,
    { manifest: logSaying({ first: 700, end: 1 }) },
    'log/entries.jsonl',
    /The range of the manifest is none/,
  ],
  [
    'a proof of the range that is none',
    whole,
    { contents: put(packageFiles.edges, '{"left":[1]}') },
    packageFiles.edges,
    /The proof of the range cannot be read/,
  ],
  [
    'other hashes of stretches',
    whole,
    { contents: (contents) => void contents.get(packageFiles.nodes)!.fill(0) },
    'log/entries.jsonl',
    /between log index 0 and 255 was altered: their hash is not the one in/,
  ],
  [
    'no checkpoint',
    whole,
    { contents: (contents) => void contents.delete('log/checkpoint') },
    'log/checkpoint',
    /The file is missing from the package/,
  ],
  [
    'a manifest without its counts',
    whole,
    { manifest: (_contents, manifest) => void Object.assign(manifest, { counts: undefined }) },
    'manifest.json',
    /The manifest cannot be read/,
  ],
]

/** The word of outside parties about the log's last size, under a checkpoint of the log's own key. */
async function anchored(said: { size: number }, files: Record<string, string> = {}): Promise<Change> {
  const signer = makeSigner(1)
  const text = formatCheckpoint({ origin: signer.name, root: log.root, ...said })
  const { publicKey } = parseVerifierKey(signer.verifierKey)
  const note = `${text}\n${formatSignature(signer.name, publicKey, await signer.sign(utf8(text)))}`
  return (contents) => {
    for (const [file, content] of Object.entries({ checkpoint: note, 'consistency.json': '[]', ...files }))
      contents.set(`log/anchors/700/${file}`, Buffer.from(content))
  }
}

it('finds an anchor that speaks of another log, or that is none, in a package that was signed again', async () => {
  const honest = await verifyPackage(await forge(whole, { contents: await anchored({ size: 700 }) }), key)
  assert.deepEqual([honest.problems, honest.anchors.map(({ treeSize }) => treeSize)], [[], [700]])
  const anchors: [Change, file: string, RegExp][] = [
    [await anchored({ size: 699 }), 'log/anchors/700', /does not continue the checkpoint of 700 entries/],
    [await anchored({ size: 700 }, { 'consistency.json': '{}' }), 'log/anchors/700', /: It has no proof\./],
    [await anchored({ size: 700 }, { 'consistency.json': '[1]' }), 'log/anchors/700', /: It has no proof\./],
    [await anchored({ size: 700 }, { checkpoint: '\xff\n' }), 'log/anchors/700', /cannot be believed/],
    [
      await anchored({ size: 700 }, { cosignatures: '— nobody\n' }),
      'log/anchors/700/cosignatures',
      /The cosignatures cannot be read: /,
    ],
  ]
  for (const [contents, file, sentence] of anchors) {
    const { problems } = await verifyPackage(await forge(whole, { contents }), key)
    assert.ok(
      problems.some((problem) => problem.file === file && sentence.test(problem.sentence)),
      `${String(sentence)}: ${JSON.stringify(problems)}`,
    )
  }
})

it('forges in these tests as whoever has the key would: what is not changed verifies', async () => {
  for (const path of [whole, ofOneUnit])
    assert.deepEqual((await verifyPackage(await forge(path, {}), key)).problems, [])
  assert.equal(log.entries.length, 700)
})

for (const [name, path, forgery, file, sentence] of forgeries) {
  it(`finds ${name} in a package that was signed again (SEC-1)`, async () => {
    const report = await verifyPackage(await forge(path, forgery), key)
    assert.equal(report.ok, false)
    assert.ok(
      report.problems.some((problem) => problem.file === file && sentence.test(problem.sentence)),
      JSON.stringify(report.problems.slice(0, 5)),
    )
  })
}

it('believes no package whose own key is none, when no key is given', async () => {
  const report = await verifyPackage(await forge(whole, { manifest: logSaying({ verifierKey: 'x' }) }))
  assert.equal(report.ok, false)
  assert.match(report.problems[0]!.sentence, /^The key in the manifest is not a verifier key/)
})

it('names the file whose compressed bytes are damaged, also where nothing is proven from it', async () => {
  const zip = await ZipReader.open(whole)
  const readme = zip.entries.find((entry) => entry.name === 'README.md')!
  await zip.close()
  const bytes = await readFile(whole)
  // In the middle of its first block: some bytes of a stretch that no other check reads.
  bytes.fill(0xff, readme.offset + 200, readme.offset + 260)
  const damaged = freshPath()
  await writeFile(damaged, bytes)
  const report = await verifyPackage(damaged, key)
  assert.equal(report.ok, false)
  assert.ok(report.problems.some((problem) => problem.file === 'README.md' && /damaged|unpacks/.test(problem.sentence)))
})
