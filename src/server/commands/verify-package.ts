import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { tellReport } from '#server/exports/tell-report.ts'
import { verifyPackage, type PackageReport } from '#server/exports/verify-package.ts'
import { tellFileError } from '#server/platform/tell-file-error.ts'
import { writeAll } from '#server/policies/command-io.ts'
import { parseWitnessKey } from '#shared/tlog/cosignature.ts'
import type { Command } from './command.ts'

/** `verify <export.zip>`: 0 when every byte proves itself, 1 with each place named when one does not, 2 when it cannot be read. */
export const runVerify: Command = async ({ words, io }) => {
  const wish = readWish(words)
  if (wish === undefined) {
    await writeAll(
      io.stderr,
      'verify <export.zip> [--key <verifier key>] [--witness <its verifier key>]… [--tsa <certificates.pem>] [--unsigned] [--json]\n',
    )
    return 2
  }
  const report = await verify(wish).catch((error: NodeJS.ErrnoException) => {
    const sentence = tellFileError(error, error.path ?? wish.path, 'read')
    if (sentence === undefined) throw error
    return sentence
  })
  if (typeof report === 'string') {
    await writeAll(io.stderr, `${report}\n`)
    return 2
  }
  await writeAll(io.stdout, wish.json ? `${JSON.stringify(report)}\n` : tellReport(report))
  return report.ok ? 0 : 1
}

interface Wish {
  readonly path: string
  readonly key: string | undefined
  readonly witnesses: readonly string[]
  readonly tsa: string | undefined
  readonly unsigned: boolean
  readonly json: boolean
}

async function verify({ path, key, witnesses, tsa, unsigned }: Wish): Promise<PackageReport> {
  const certificates = tsa === undefined ? undefined : await readFile(tsa, 'utf8')
  return verifyPackage(path, key, { witnesses, certificates, unsigned })
}

function readWish(words: readonly string[]): Wish | undefined {
  try {
    const options = {
      key: { type: 'string' },
      witness: { type: 'string', multiple: true },
      tsa: { type: 'string' },
      unsigned: { type: 'boolean' },
      json: { type: 'boolean' },
    } as const
    const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options })
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0) return undefined
    for (const witness of values.witness ?? []) parseWitnessKey(witness)
    const { key, witness: witnesses = [], tsa, unsigned = false, json = false } = values
    return { path, key, witnesses, tsa, unsigned, json }
  } catch {
    return undefined
  }
}
