import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { open, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { open as openZip } from 'yauzl'
import { packageFiles } from '#server/exports/manifest.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { ZipWriter } from '#server/exports/write-zip.ts'
import { folder, key, pack, problemsOf, repack } from './forge-package.ts'
import { makeLog } from './made-log.ts'

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
  const whole = await pack({}, makeLog(3))
  const original = await readFile(whole)
  const zip = await ZipReader.open(whole)
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
  // A signature that is no text any more.
  const signature = await placeOf(path, packageFiles.signature)
  for (let at = signature.start; at < signature.end; at += 7) await check(at, 0x80)
  const anywhere = fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), check)
  await fc.assert(anywhere, { numRuns: 300 })
})

/** Where a file's data lies in the zip. */
async function placeOf(path: string, name: string): Promise<{ start: number; end: number }> {
  const zip = await ZipReader.open(path)
  const entry = zip.entries.find((candidate) => candidate.name === name)!
  await zip.close()
  const start = entry.offset + 30 + entry.name.length
  return { start, end: start + entry.storedSize }
}

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

it('is a zip that other programs read (SEC-4)', async (t) => {
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
