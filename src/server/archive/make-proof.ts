import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { RecordProof } from '#shared/api/archive.ts'
import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { parseCheckpoint } from '#shared/tlog/checkpoint.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { parseNote } from '#shared/tlog/note.ts'
import { proveInclusion } from '#shared/tlog/prove.ts'
import { nodesFromTiles } from '#shared/tlog/tiles.ts'
import { appendRecord } from './append-record.ts'
import { joinEntry } from './entry.ts'
import { findRecord, type RecordRow } from './queries.ts'
import { readSealed } from './seal-queries.ts'
import { readRecordScope } from './search-scope.ts'
import { readTile } from './read-tile.ts'

/** The proof that a record stands in the log, against the newest sealed checkpoint; that somebody asked is a record too. */
export async function makeProof(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  recordId: string,
): Promise<RecordProof> {
  return inTransaction(deps.db, async (tx) => {
    const record = await findRecord(tx, recordId, await readRecordScope(tx, actor))
    if (record === undefined) throw new AppError('not_found', 'No such record.')
    const proof = await proveRecord(tx, record)
    await appendRecord(tx, actor, {
      type: 'archive.viewed',
      at: deps.clock.now(),
      streams: { user: actor.userId, unit: actor.unitId },
      body: { recordId, proofOf: proof.treeSize },
    })
    return proof
  })
}

async function proveRecord(db: Tx, record: RecordRow): Promise<RecordProof> {
  const sealed = await readSealed(db)
  if (record.logIndex === null || sealed.note === undefined || record.logIndex >= sealed.treeSize) {
    throw new AppError('conflict', 'This record is not sealed yet. Ask again in a minute.')
  }
  const entry = await readEntry(db, record.logIndex)
  const nodes = nodesFromTiles((tile) => readTile(db, tile), sealed.treeSize)
  return {
    recordId: record.recordId,
    logIndex: record.logIndex,
    entry,
    leafHash: toHex(hashLeaf(utf8(entry))),
    treeSize: sealed.treeSize,
    rootHash: toHex(parseCheckpoint(parseNote(sealed.note).text).root),
    inclusionProof: (await proveInclusion(nodes, record.logIndex, sealed.treeSize)).map(toHex),
    checkpoint: sealed.note,
    verifierKey: await readVerifierKey(db),
  }
}

async function readEntry(db: Tx, index: number): Promise<string> {
  const { rows } = await sql<{ sealedAt: string; header: string; sequence: string }>`
    select l.sealed_at as "sealedAt", convert_from(r.header, 'UTF8') as header, l.stream_sequence as sequence
      from archive.leaf l join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
      where l.log_index = ${index}`.execute(db)
  const row = rows[0]!
  return joinEntry(row.sealedAt, row.header, index, row.sequence)
}

async function readVerifierKey(db: Tx): Promise<string> {
  const { rows } = await sql<{ key: string }>`select verifier_key as key from archive.log`.execute(db)
  return rows[0]!.key
}
