import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  normalise,
  refuseUnknownTypes,
  refuseUnknownZone,
  typesOf,
  type ExportWish,
} from '#server/exports/create-export.ts'
import { BucketDamaged, exportFromBucket, unrecorded, type BucketWish } from '#server/exports/make-bucket-package.ts'
import { AppError } from '#server/platform/app-error.ts'
import { systemClock } from '#server/platform/clock.ts'
import { writeAll } from '#server/policies/command-io.ts'
import { createExport as contract } from '#shared/api/exports.ts'
import type { Command } from './command.ts'
import { openBucket } from './open-bucket.ts'
import { refuseUnwritable, tellUnwritable } from './refuse-unwritable.ts'
import { refuseWrongOptions, startOfDay } from './refuse-wrong-options.ts'

export const bucketUsage =
  'export --from-bucket --as <name> --reason <why> --out <file.zip> [--key <verifier key>] [--from <time>] [--to <time>] [--author <id>] [--actor <id>] [--profile <id>] [--post <id>] [--network <name>] [--type <types>] [--verdict <verdict>] [--unit <id>]… [--format csv|html|eml]… [--recipient <who>] [--zone <IANA zone>] [--despite-damage]'

/**
 * `export --from-bucket`: the export that is still possible when the database is gone (SEC-6). 0 when it was made and
 * verified, 1 when the bucket is damaged: then each place is named, and there is a package only with `--despite-damage`.
 */
export const runBucketExport: Command = async ({ words, environment, io }) => {
  const { wish, out, key } = readWish(words, io.locale)
  if (wish === undefined || out === undefined) {
    await writeAll(io.stderr, `${bucketUsage}\n`)
    return 2
  }
  await refuseUnwritable(out)
  const bucket = await openBucket(environment, key)
  const { store, signer } = bucket
  const folder = `${out}.${randomUUID()}.partial`
  const forget = removeAtSignal(folder)
  try {
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => tellUnwritable(error, out))
    const deps = { objectStore: store, checkpointSigner: signer, clock: systemClock }
    const { manifest, findings } = await exportFromBucket(deps, wish, out, join(folder, 'export.zip')).catch(
      (error: unknown) => tellUnwritable(error, out),
    )
    for (const finding of findings) await writeAll(io.stderr, `✗ ${finding}\n`)
    const { counts, log } = manifest
    await writeAll(
      io.stdout,
      tellMade(out, `${counts.delivered} records of ${log.end - log.first} entries`, signer.sign !== undefined),
    )
    return findings.length === 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof BucketDamaged)) throw error
    for (const sentence of [...error.findings, error.message]) await writeAll(io.stderr, `✗ ${sentence}\n`)
    return 1
  } finally {
    forget()
    await rm(folder, { recursive: true, force: true })
    await bucket.close()
  }
}

function tellMade(out: string, what: string, isSigned: boolean): string {
  const unsigned = isSigned ? '' : ' --unsigned'
  return `✓ ${out}: ${what} – check it with "npm run gateway -- verify ${out}${unsigned}"
! ${unrecorded}
  npm run gateway -- export enter ${out} --as <e-mail|subject>
`
}

/** Ctrl-C ends the process at once, and takes away what was not finished: a file that is just being opened finds no folder. */
function removeAtSignal(folder: string): () => void {
  const end = (signal: NodeJS.Signals): void => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.once('SIGINT', end).once('SIGTERM', end)
  return () => process.off('SIGINT', end).off('SIGTERM', end)
}

function readWish(words: readonly string[], language: 'en' | 'fr') {
  const text = { type: 'string' } as const
  const several = { type: 'string', multiple: true } as const
  const flag = { type: 'boolean' } as const
  const filters = {
    from: text,
    to: text,
    author: text,
    actor: text,
    profile: text,
    post: text,
    network: text,
    type: text,
    verdict: text,
  }
  const about = {
    as: text,
    reason: text,
    out: text,
    recipient: text,
    zone: text,
    key: text,
    unit: several,
    format: several,
  }
  const unable = { q: text, stream: flag }
  const { values } = parseArgs({
    args: [...words],
    options: { 'from-bucket': flag, 'despite-damage': flag, ...filters, ...about, ...unable },
  })
  if (values.q !== undefined)
    throw new AppError(
      'invalid_request',
      '--q needs the database: words are found by its index. Leave it out and search in what is delivered.',
    )
  if (values.stream === true)
    throw new AppError(
      'invalid_request',
      '--stream needs the database. Without it the export carries every header of the range, and proves as much.',
    )
  const {
    as: requestedBy,
    reason,
    out,
    key,
    recipient,
    zone = 'UTC',
    unit,
    format: formats = [],
    ...others
  } = startOfDay(values)
  const { 'from-bucket': _from, 'despite-damage': despiteDamage = false, q: _q, stream: _stream, ...filter } = others
  if (requestedBy === undefined || reason === undefined || reason.trim() === '' || out === undefined)
    return { wish: undefined, out, key }
  const rest = recipient === undefined ? {} : { recipient }
  // Held against the contract in the next line.
  const asked = { ...filter, ...rest, reason, timeZone: zone, formats } as ExportWish
  refuseWrongOptions(contract, asked)
  for (const id of unit ?? []) refuseWrongOptions(contract, { reason, unit: id })
  refuseUnknownZone(zone)
  refuseUnknownTypes(filter.type)
  const query = normalise(filter as Omit<ExportWish, 'reason'>)
  const wish: BucketWish = {
    requestedBy,
    reason,
    recipient: recipient ?? null,
    timeZone: zone,
    language,
    formats: ['jsonl', ...formats.filter((format) => format !== 'jsonl')],
    query: { ...query, ...(unit === undefined ? {} : { unit: unit.join(',') }) },
    filter: {
      from: query['from'] ?? null,
      to: query['to'] ?? null,
      author: query['author'] ?? null,
      actor: query['actor'] ?? null,
      profile: query['profile'] ?? null,
      post: query['post'] ?? null,
      network: query['network'] ?? null,
      types: typesOf(query['type']),
      verdict: query['verdict'] ?? null,
      units: unit ?? null,
    },
    despiteDamage,
  }
  return { wish, out, key }
}
