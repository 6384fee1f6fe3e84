import assert from 'node:assert/strict'
import { mkdtemp, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ZipReader } from '#server/exports/read-zip.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { ZipWriter } from '#server/exports/write-zip.ts'
import { makeLog, makeSigner, packLog, type PackageOptions } from './made-log.ts'

/** Goes with the run: files that share a process share it. */
export const folder = await mkdtemp(join(tmpdir(), 'package-'))
export const log = makeLog(700)
export const key = makeSigner(1).verifierKey
let files = 0

/** A name in the folder that no package has yet. */
export const freshPath = () => join(folder, `${(files += 1)}.zip`)

/** Writes a package of a made log into the folder of these tests. */
export async function pack(options: PackageOptions = {}, from = log): Promise<string> {
  const path = freshPath()
  await packLog(path, from, options)
  return path
}

/** Verifies, expects problems, and answers their sentences. */
export async function problemsOf(path: string, givenKey: string | undefined = key) {
  const report = await verifyPackage(path, givenKey)
  assert.equal(report.ok, false, 'the package must not verify')
  return report.problems
}

/** Unzips, lets the change edit the contents, and zips again as the gateway does: a forger with our code and no key. */
export async function repack(path: string, change: (contents: Map<string, Buffer>) => void): Promise<string> {
  const zip = await ZipReader.open(path)
  const contents = new Map<string, Buffer>()
  for (const entry of zip.entries) contents.set(entry.name, Buffer.concat(await Array.fromAsync(zip.read(entry))))
  await zip.close()
  change(contents)
  const forged = freshPath()
  const file = await open(forged, 'w')
  const writer = new ZipWriter(file, '2026-11-21T10:00:05.000Z')
  for (const [name, bytes] of contents) await writer.add(name, [bytes], !name.startsWith('manifest.'))
  await writer.end()
  await file.close()
  return forged
}

/** A file's lines. */
export const lines = (contents: Map<string, Buffer>, name: string) =>
  contents.get(name)!.toString('utf8').trimEnd().split('\n')
export const setLines = (contents: Map<string, Buffer>, name: string, all: string[]) =>
  void contents.set(name, Buffer.from(`${all.join('\n')}\n`))
