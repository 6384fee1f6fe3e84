import { randomBytes } from 'node:crypto'
import { systemActor } from '#server/platform/actor.ts'
import { timestampName, type TimestampAuthority } from '#server/platform/anchors.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { createHttpClient } from '#server/platform/http.ts'
import type { StoredObject } from '#server/platform/object-store.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import { AnchorError } from './anchor-error.ts'
import { hasNews, insertAnchor, insertAnchorObject, readAnchor, readRetainUntil } from './anchor-queries.ts'
import { appendRecord } from './append-record.ts'
import { timestampKey } from './object-keys.ts'
import type { Timestamp } from './timestamp-token.ts'

// The operator names the authority, which may well stand in the firm's own network.
const send = createHttpClient({ allowPrivateAddresses: true })

/**
 * Has an authority say when it saw the newest checkpoint (RFC 3161): at most once in the configured minutes, and not for
 * what the gateway recorded about its archive alone, or each stamp would call for the next. The answer is verified, kept
 * in the bucket under a lock, and is itself a record.
 */
export async function stampCheckpoint(
  deps: Pick<Deps, 'db' | 'clock' | 'objectStore'>,
  authority: TimestampAuthority,
  sealed: { readonly treeSize: number; readonly note: string },
): Promise<void> {
  const last = await readAnchor(deps.db, timestampName(authority))
  const now = deps.clock.now()
  const rest = authority.everyMinutes * 60_000
  // A stamp from a time to come was asked for before the clock was set back.
  if (last !== undefined && Math.abs(Date.parse(now) - Date.parse(last.anchoredAt)) < rest) return
  if (!(await hasNews(deps.db, last?.treeSize ?? 0, sealed.treeSize))) return
  const key = timestampKey(sealed.treeSize)
  // There already: a run before this one died between the bucket and the database.
  const answer = (await deps.objectStore.get(key)) ?? (await ask(authority, sealed.note))
  const stamp = await open(answer, sealed.note, authority)
  const stored = await deps.objectStore.put(key, answer, await readRetainUntil(deps.db, sealed.treeSize))
  await settle(deps, authority, { treeSize: sealed.treeSize, answer, stamp, stored })
}

// Loaded only where an authority is asked: reading certificates is the work of a large package.
const loadTokens = () => import('./timestamp-token.ts')

async function ask(authority: TimestampAuthority, note: string): Promise<Uint8Array> {
  const { makeTimestampRequest } = await loadTokens()
  const nonce = randomBytes(8)
  const answer = await send({
    method: 'POST',
    url: authority.url,
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: makeTimestampRequest(utf8(note), nonce),
    maxBytes: 100_000,
  })
  if (answer.status !== 200) throw new AnchorError(`The timestamping authority answered ${answer.status}.`)
  await open(answer.bytes, note, authority, nonce)
  return answer.bytes
}

async function open(
  answer: Uint8Array,
  note: string,
  { certificates }: TimestampAuthority,
  nonce?: Uint8Array,
): Promise<Timestamp> {
  const { openTimestamp } = await loadTokens()
  try {
    return await openTimestamp(answer, utf8(note), { certificates, nonce })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new AnchorError(error.message, { cause: error })
  }
}

/** A checkpoint that an authority saw: its answer, what that says, and where it lies in the bucket. */
interface Stamped {
  readonly treeSize: number
  readonly answer: Uint8Array
  readonly stamp: Timestamp
  readonly stored: StoredObject
}

async function settle(
  deps: Pick<Deps, 'db' | 'clock'>,
  authority: TimestampAuthority,
  { treeSize, answer, stamp, stored }: Stamped,
): Promise<void> {
  const at = deps.clock.now()
  const name = timestampName(authority)
  await inTransaction(deps.db, async (tx) => {
    await insertAnchor(tx, { kind: 'timestamp', name, treeSize, anchoredAt: at, evidence: Buffer.from(answer) })
    await insertAnchorObject(tx, stored, 'timestamp', treeSize, at)
    await appendRecord(tx, systemActor, {
      type: 'archive.anchored',
      at,
      streams: {},
      body: {
        kind: 'timestamp',
        name,
        treeSize,
        stampedAt: stamp.at,
        authority: stamp.authority,
        objectKey: stored.key,
        versionId: stored.versionId,
        sha256: stored.sha256,
      },
    })
  })
}
