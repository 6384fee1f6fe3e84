import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Files of one process. Many more keep a core waiting at the end, many fewer load the program more often. */
const portionLength = 8

/** Does the file use a server that is fetched while the first tests run? */
export function wantsPeers(file: string): boolean {
  return /support\/(s3-server|start-pds)\.ts'/.test(readFileSync(file, 'utf8'))
}

/** Long ones share the cores better by themselves; what `// Alone:` says of others stands in the file. */
function wantsItsOwn(file: string): boolean {
  return wantsPeers(file) || /^\/\/ Alone: |support\/open-console\.ts'/m.test(readFileSync(file, 'utf8'))
}

/**
 * Test files for the runner, which gives each a process, in the same order: files that follow each other share one, because
 * most of what a file costs is the program, loaded and compiled anew. Each stays a suite with hooks of its own.
 *
 * @param folder where the files that load others are written
 */
export function portionFiles(files: readonly string[], folder: string): string[] {
  const portions: string[][] = []
  let isOpen = false
  for (const file of files) {
    const last = portions.at(-1)
    const isAlone = wantsItsOwn(file)
    if (last !== undefined && isOpen && !isAlone && last.length < portionLength) last.push(file)
    else portions.push([file])
    isOpen = !isAlone
  }
  return portions.map((portion, at) =>
    portion.length === 1 ? resolve(portion[0]!) : write(join(folder, `portion-${at}.test.mjs`), portion),
  )
}

function write(path: string, files: readonly string[]): string {
  const suites = files.map(
    (file) =>
      `await describe(${JSON.stringify(file)}, () => import(${JSON.stringify(pathToFileURL(resolve(file)).href)}))`,
  )
  writeFileSync(path, ["import { describe } from 'node:test'", ...suites, ''].join('\n'))
  return path
}
