import { parseArgs } from 'node:util'
import { tellReport } from '#server/exports/tell-report.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
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
  await writeAll(io.stdout, wish.json ? `${JSON.stringify(report)}\n` : tellReport(report))
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
