import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { ApiToken } from '#shared/api/identity.ts'
import type { Permission } from '#shared/permissions.ts'

const shown = ['id', 'name', 'prefix', 'scopes', 'created_at', 'expires_at', 'last_used_at', 'revoked_at'] as const

interface TokenShown {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly scopes: readonly string[]
  readonly created_at: Instant
  readonly expires_at: Instant
  readonly last_used_at: Instant | null
  readonly revoked_at: Instant | null
}

export function toApiToken(row: TokenShown): ApiToken {
  return {
    tokenId: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: [...row.scopes] as Permission[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}

export async function insertToken(
  tx: Tx,
  token: {
    id: string
    user_id: string
    name: string
    prefix: string
    token_hash: Buffer
    scopes: string[]
    created_at: Instant
    expires_at: Instant
  },
): Promise<void> {
  await tx.insertInto('api_token').values(token).execute()
}

export function lockOwnToken(tx: Tx, userId: string, tokenId: string) {
  return tx
    .selectFrom('api_token')
    .select(shown)
    .where('id', '=', tokenId)
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst()
}

export async function markTokenRevoked(tx: Tx, tokenId: string, now: Instant): Promise<void> {
  await tx.updateTable('api_token').set({ revoked_at: now }).where('id', '=', tokenId).execute()
}

export function listOwnTokens(db: Db, userId: string) {
  return db
    .selectFrom('api_token')
    .select(shown)
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** When the person last signed in themselves, which made their roles equal to their groups. */
export async function findLastSignIn(db: Db, userId: string): Promise<Instant | undefined> {
  const row = await db
    .selectFrom('user_session')
    .select((expression) => expression.fn.max('created_at').as('at'))
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.at ?? undefined
}
