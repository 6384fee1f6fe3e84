import { parseArgs } from 'node:util'
import { verifyPackage, type PackageReport } from '#server/exports/verify-package.ts'
import { writeAll } from '#server/policies/command-io.ts'
import type { Command } from './command.ts'

/** `verify <export.zip>`: 0 when every byte proves itself, 1 with each place named when one does not, 2 when it cannot be read. */
export const runVerify: Command = async ({ words, io }) => {
  const wish = readWish(words)
  if (wish === undefined) {
    await writeAll(io.stderr, 'verify <export.zip> [--key <verifier key>] [--json]\n')
    return 2
  }
  const report = await verifyPackage(wish.path, wish.key).catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error
    return `${wish.path} cannot be read (${error.code}).\n`
  })
  if (typeof report === 'string') {
    await writeAll(io.stderr, report)
    return 2
  }
  await writeAll(io.stdout, wish.json ? `${JSON.stringify(report)}\n` : describeReport(report))
  return report.ok ? 0 : 1
}

function readWish(words: readonly string[]): { path: string; key: string | undefined; json: boolean } | undefined {
  try {
    const options = { key: { type: 'string' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options })
    const [path, ...more] = positionals
    return path === undefined || more.length > 0 ? undefined : { path, key: values.key, json: values.json === true }
  } catch {
    return undefined
  }
}

function describeReport({ ok, problems, manifest, tally, key }: PackageReport): string {
  const lines = problems.map(
    ({ file, logIndex, sentence }) => `✗ ${file}${logIndex === null ? '' : ` entry ${logIndex}`}: ${sentence}`,
  )
  if (manifest !== undefined && tally !== undefined) {
    lines.push(
      `${manifest.log.origin}: entries ${manifest.log.first} to ${manifest.log.end}, tree of ${manifest.log.size}, root ${manifest.log.rootHash}`,
    )
    lines.push(
      `${tally.entries} entries checked, ${tally.matching} match the question, ${tally.delivered} delivered, ${tally.disposed} disposed of`,
    )
  }
  if (key !== undefined)
    lines.push(
      key.given
        ? `signed by ${key.verifierKey}`
        : `key from the package itself: ${key.verifierKey}\n  compare it with the key that the firm gave you, or pass --key`,
    )
  lines.push(
    ok
      ? '✓ The package is whole, and nothing in it was altered.'
      : `✗ The package does not hold: ${problems.length} problem(s).`,
  )
  return `${lines.join('\n')}\n`
}
