import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { WordList } from './lint-policy.ts'
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

/** The word lists that ship with the packs: lines that begin with # say where the words come from. */
export async function readWordLists(): Promise<WordList[]> {
  const folder = join(shippedPolicies, 'words')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort()
  return Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(folder, name), 'utf8')).split('\n').filter((line) => !line.startsWith('#'))
      return {
        name: name.replace('.txt', ''),
        words: lines.flatMap((line) => line.split(' ')).filter((word) => word !== ''),
      }
    }),
  )
}
