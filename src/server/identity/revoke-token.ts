import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { ApiToken } from '#shared/api/identity.ts'
import { lockOwnToken, markTokenRevoked, toApiToken } from './token-queries.ts'

/** Revokes one of one's own tokens at once; repeating it changes nothing. Another's token is `not_found`. */
export async function revokeToken(deps: Pick<Deps, 'db' | 'clock'>, actor: Actor, tokenId: string): Promise<ApiToken> {
  return inTransaction(deps.db, async (tx) => {
    const token = await lockOwnToken(tx, actor.userId, tokenId)
    if (token === undefined) throw new AppError('not_found', 'No such token.')
    if (token.revoked_at !== null) return toApiToken(token)
    const now = deps.clock.now()
    await markTokenRevoked(tx, tokenId, now)
    await appendRecord(tx, actor, {
      type: 'token.revoked',
      at: now,
      streams: { user: actor.userId },
      body: { tokenId, name: token.name, prefix: token.prefix },
    })
    return toApiToken({ ...token, revoked_at: now })
  })
}
