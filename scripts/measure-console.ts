import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildConsole } from '#server/embedded/build-console.ts'

/** What the console may weigh, in bytes of gzip, scripts and styles together: the first load of the queue, and any part fetched later. */
export const consoleBudget = { queue: 240_000, part: 120_000 }

export interface ConsoleSizes {
  /** Everything that a browser without a cache fetches to show the queue in one language, fonts apart. */
  readonly queue: number
  /** What each part that is fetched when it is needed adds to what every page needs, heaviest first. */
  readonly parts: readonly { readonly part: string; readonly bytes: number }[]
}

interface Chunk {
  readonly file: string
  readonly isEntry?: boolean
  readonly isDynamicEntry?: boolean
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

/** Builds the console where it is not current and weighs it (gzip, level 9, each file apart as it is sent). */
export async function measureConsole(project: string): Promise<ConsoleSizes> {
  await buildConsole(project)
  const built = join(project, 'dist', 'web')
  const manifest = JSON.parse(readFileSync(join(built, '.vite', 'manifest.json'), 'utf8')) as Record<string, Chunk>
  const filesOf = (key: string, seen = new Set<string>()): Set<string> => {
    const chunk = manifest[key]!
    if (seen.has(chunk.file)) return seen
    for (const file of [chunk.file, ...(chunk.css ?? [])]) seen.add(file)
    for (const imported of chunk.imports ?? []) filesOf(imported, seen)
    return seen
  }
  const weigh = (files: Iterable<string>) =>
    [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(built, file)), { level: 9 }).length, 0)
  const always = filesOf(Object.keys(manifest).find((key) => manifest[key]!.isEntry === true)!)
  const catalog = Math.max(...['en', 'fr'].map((language) => weigh(filesOf(`locales/${language}.po`))))
  const added = (key: string) => weigh([...filesOf(key)].filter((file) => !always.has(file)))
  const parts = Object.keys(manifest)
    .filter((key) => manifest[key]!.isDynamicEntry === true)
    .map((key) => ({ part: basename(key, '.tsx'), bytes: added(key) }))
    .toSorted((a, b) => b.bytes - a.bytes)
  return { queue: weigh(always) + catalog + added('pages/QueuePage.tsx'), parts }
}
