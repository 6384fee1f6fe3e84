import { holdsPermission, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { ApiToken } from '#shared/api/identity.ts'
import { permissions, type Permission } from '#shared/permissions.ts'
import { hashApiToken, makeApiToken, prefixOf } from './api-token.ts'
import { insertToken, toApiToken } from './token-queries.ts'

export interface TokenWish {
  readonly name: string
  readonly scopes?: readonly Permission[] | undefined
  readonly expiresInDays?: number | undefined
}

/**
 * Makes a token that does at most what its owner may do now, and less as the owner loses roles. The text is answered
 * once and stored hashed. A token makes no tokens: a stolen one would outlive its revocation.
 */
export async function createToken(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  wish: TokenWish,
): Promise<ApiToken & { token: string }> {
  if (actor.kind !== 'user')
    throw new AppError('forbidden', 'API tokens are made by a signed-in person, not by another token.')
  const own = (Object.keys(permissions) as Permission[]).filter((permission) => holdsPermission(actor, permission))
  const scopes = [...new Set(wish.scopes ?? own)]
  const wider = scopes.filter((scope) => !own.includes(scope))
  if (wider.length > 0)
    throw new AppError('forbidden', `A token cannot do more than you: you do not hold ${wider.join(', ')}.`)
  const now = deps.clock.now()
  const token = makeApiToken()
  const row = {
    id: newId(now),
    user_id: actor.userId,
    name: wish.name,
    prefix: prefixOf(token),
    scopes,
    created_at: now,
    expires_at: addMilliseconds(now, (wish.expiresInDays ?? 90) * 86_400_000),
  }
  await inTransaction(deps.db, async (tx) => {
    await insertToken(tx, { ...row, token_hash: hashApiToken(token) })
    await appendRecord(tx, actor, {
      type: 'token.created',
      at: now,
      streams: { user: actor.userId },
      body: { tokenId: row.id, name: row.name, prefix: row.prefix, scopes, expiresAt: row.expires_at },
    })
  })
  return { ...toApiToken({ ...row, last_used_at: null, revoked_at: null }), token }
}
