import { hash, randomBytes } from 'node:crypto'
import { sql, type RawBuilder } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import type { RecordType } from '#shared/record-event.ts'

/** Longest of the terms that a European investment firm meets without choosing: MiFID II article 16(7). */
export const defaultRetentionClass = 'mifid-7y'

/** What a use case says happened. `streams` are the threads that the record belongs to; ids only. */
export interface RecordDraft {
  readonly type: RecordType
  readonly at: Instant
  readonly streams: {
    readonly post?: string | undefined
    readonly author?: string | undefined
    readonly unit?: string | undefined
    readonly profile?: string | undefined
    readonly user?: string | undefined
    readonly network?: string | undefined
    readonly export?: string | undefined
    readonly policy?: string | undefined
  }
  readonly body: JsonObject
  readonly retentionClass?: string | undefined
  /** What a search finds this record by; part of the hashed body, so that an index can be rebuilt from it. */
  readonly searchText?: string | undefined
  readonly language?: string | undefined
  readonly verdict?: string | undefined
}

/**
 * Appends one record in the transaction of the act and answers its id: both commit, or neither. The id promises no
 * order. Throws `TypeError` when the body is not canonical JSON, and the database's error when a unit, a retention
 * class or a duplicate is wrong: the act fails with its evidence (law 2).
 */
export async function appendRecord(tx: Tx, actor: Actor, draft: RecordDraft): Promise<string> {
  const record = toRecord(actor, draft)
  await sql`select archive.append_record(${record.header}, ${record.salt}, ${record.body})`.execute(tx)
  // Only what a release waits for wakes the sealer: every NOTIFY queues its transaction's commit behind all others.
  if (draft.type === 'publication.released') await sql`select pg_notify('gateway_record', '')`.execute(tx)
  return record.id
}

/** A record as the bytes that are hashed. */
export interface NewRecord {
  readonly id: string
  readonly header: Buffer
  readonly salt: Buffer
  readonly body: Buffer
}

/** The bytes of a record; they count from the commit of the statement that appends them. */
export function toRecord(actor: Actor, draft: RecordDraft): NewRecord {
  const id = newId(draft.at)
  const body = Buffer.from(canonicalJson(bodyOf(actor, draft)))
  const salt = randomBytes(32)
  const header = Buffer.from(canonicalJson(headerOf(id, actor, draft, hashBody(salt, body))))
  return { id, header, salt, body }
}

/**
 * The `select` that appends records, for a use case whose whole transaction is one statement: it ends that statement, so
 * the acts and their records still commit together or not at all. `also` is further columns.
 */
export function appendRecords(records: readonly NewRecord[], also: RawBuilder<unknown> = sql``): RawBuilder<unknown> {
  return sql`select archive.append_record(r.header, r.salt, r.body)${also}
    from unnest(${records.map(({ header }) => header)}::bytea[], ${records.map(({ salt }) => salt)}::bytea[],
      ${records.map(({ body }) => body)}::bytea[]) as r (header, salt, body)`
}

/** SHA-256(0x02 ‖ salt ‖ body) in hex: commits to a body that can be destroyed and then not be guessed back. */
export function hashBody(salt: Uint8Array, body: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.of(2), salt, body]), 'hex')
}

function headerOf(id: string, actor: Actor, draft: RecordDraft, bodyHash: string): JsonObject {
  return {
    v: 1,
    id,
    type: draft.type,
    recordedAt: draft.at,
    actor: actor.userId,
    streams: { ...draft.streams },
    verdict: draft.verdict,
    bodyHash,
    retentionClass: draft.retentionClass ?? defaultRetentionClass,
  }
}

function bodyOf(actor: Actor, draft: RecordDraft): JsonObject {
  const { kind, userId, displayName, sessionId, tokenId } = actor
  return {
    actor: { kind, userId, displayName, sessionId, tokenId },
    content: draft.body,
    language: draft.language,
    // Postgres' text knows no NUL character, and no reader can tell that it is gone from a search.
    searchText: draft.searchText?.replaceAll('\0', ' '),
  }
}
