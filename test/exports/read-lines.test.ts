import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { it } from 'node:test'
import { ZipReader } from '#server/exports/read-zip.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { freshPath, key, lines, pack, repack, setLines } from './forge-package.ts'
import { makeLog, units } from './made-log.ts'

const name = 'log/entries.jsonl'

async function edited(change: (all: string[]) => string[], file = name): Promise<string> {
  return repack(await pack(), (contents) => setLines(contents, file, change(lines(contents, file))))
}

const editedRecords = (change: (all: string[]) => string[]) => edited(change, 'records.jsonl')

/** Packages and what a report must say of them; where nothing is named they are sound. */
const packages: readonly (readonly [what: string, path: () => Promise<string>, says?: RegExp])[] = [
  ['a whole range', () => pack()],
  ['one author', () => pack({ filter: { author: 'user-2' } })],
  ['a unit, with hashes for the rest', () => pack({ filter: { units: [units[1]!] }, withheld: true })],
  ['many chunks', async () => pack({}, makeLog(3_000))],
  ['an entry left out', () => edited((all) => all.toSpliced(300, 1)), /entry 300 is missing/],
  ['the last entry left out', () => edited((all) => all.slice(0, -1)), /entries 699 to 699 are missing/],
  ['entries exchanged', () => edited((all) => all.toSpliced(300, 2, all[301]!, all[300]!)), /entry 301/],
  ['an entry altered', () => edited((all) => all.with(300, all[300]!.replace('user-', 'usrr-'))), /between log index 256/],
  ['an entry altered, in no form of ours', () => edited((all) => all.with(309, all[309]!.replace('user-', 'usrr-'))), /between log index 256/],
  ['an entry that is none', () => edited((all) => all.with(300, 'nothing')), /not an entry any more/],
  ['an empty line', () => edited((all) => all.with(300, '')), /not an entry any more/],
  ['an entry that is too long', () => edited((all) => all.with(3, 'x'.repeat(70_000))), /longer than|not an entry/],
  ['no entries', () => edited(() => []), /entries 0 to 699 are missing|not an entry/],
  ['a last line that is cut off', async () => repack(await pack(), (contents) => void contents.set(name, contents.get(name)!.subarray(0, -5))), /cut off/],
  ['a record left out', () => editedRecords((all) => all.toSpliced(300, 1)), /record at log index 300 .* is missing/],
  ['the last record left out', () => editedRecords((all) => all.slice(0, -1)), /record at log index 699 .* is missing/],
  ['a body altered', () => editedRecords((all) => all.with(300, all[300]!.replace('évidence', 'évidance'))), /body of the record at log index 300 /],
  ['a record that is none', () => editedRecords((all) => all.with(300, 'nothing')), /is no record/],
  ['no records', () => edited(() => [], 'records.jsonl'), /log index 0 .* is missing|no record/],
  ['records behind entries that cannot be followed', () => edited((all) => all.with(3, 'nothing')), /beyond log index 3/],
  ['damaged bytes', async () => damage(await pack()), /damaged|altered/],
] // prettier-ignore

/** Turns bits in the middle of the compressed entries. */
async function damage(path: string): Promise<string> {
  const zip = await ZipReader.open(path)
  const { offset, storedSize } = zip.entries.find((entry) => entry.name === name)!
  await zip.close()
  const bytes = await readFile(path)
  for (let at = 0; at < 40; at += 1) bytes[offset + 100 + Math.floor(storedSize / 2) + at]! ^= 0x55
  const damaged = freshPath()
  await writeFile(damaged, bytes)
  return damaged
}

for (const [what, make, says] of packages)
  it(`says the same of ${what}, whether threads read its lines or not`, async () => {
    const path = await make()
    const here = await verifyPackage(path, key, {}, Infinity)
    const inThread = await verifyPackage(path, key, {}, 0)
    assert.deepEqual(inThread, here)
    assert.equal(here.ok, says === undefined)
    if (says !== undefined) assert.match(here.problems.map(({ sentence }) => sentence).join(), says)
  })
