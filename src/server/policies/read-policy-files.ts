import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { PolicyFileSource } from './parse-policy-file.ts'

/** The packs that ship with the gateway. */
export const shippedPolicies: string = resolve(import.meta.dirname, '..', '..', '..', 'policies')

/** Reads one policy file, or every `.yaml` and `.yml` file below a folder. Paths are told relative to the working folder. */
export async function readPolicyFiles(place: string): Promise<PolicyFileSource[]> {
  const paths = (await stat(place)).isDirectory() ? await listYaml(place) : [place]
  return Promise.all(
    paths.map(async (path) => ({ path: relative(process.cwd(), path) || path, text: await readFile(path, 'utf8') })),
  )
}

async function listYaml(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
