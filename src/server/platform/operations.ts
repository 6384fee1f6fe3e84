import { sql } from 'kysely'
import * as contract from '#shared/api/operations.ts'
import type { App } from './app-type.ts'
import type { Deps } from './deps.ts'
import { createHttpClient } from './http.ts'
import { ObjectStoreError } from './object-store.ts'
import { indexAlarmSeconds, readIndexLag } from './index-lag.ts'

type Check = { ok: boolean; detail: string }
type ReadinessDeps = Pick<Deps, 'db' | 'objectStore' | 'config' | 'clock'>

/** A record that waits longer than this for its seal is an operator's business. */
const lagAlarmSeconds = 60
const patienceMilliseconds = 3_000

/** Liveness and readiness: which of the parts outside answers, in words. */
export function registerOperations(app: App, deps: ReadinessDeps): void {
  app.route({ ...contract.getHealth, handler: async () => ({ status: 'ok' as const }) })
  app.route({
    ...contract.getReadiness,
    handler: async (_request, reply) => {
      const [database, objectStore, sealing, indexing, provider] = await Promise.all([
        check('The database answers.', 'The database does not answer: nothing is accepted until it does.', () =>
          sql`select 1`.execute(deps.db),
        ),
        check(
          'The object store answers.',
          'The object store does not answer: posts are accepted and none is published.',
          () => deps.objectStore.check(),
        ),
        checkSealing(deps),
        checkIndexing(deps),
        checkProvider(deps.config.oidc.issuer),
      ])
      const checks = { database, objectStore, sealing, indexing, provider }
      // Without the index every record is still found, only later: no reason to send nobody here.
      const ready = database.ok && objectStore.ok && sealing.ok && provider.ok
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks })
    },
  })
}

async function check(good: string, bad: string, question: () => Promise<unknown>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), patienceMilliseconds)
  })
  try {
    await Promise.race([question(), timeout])
    return { ok: true, detail: good }
  } catch (error) {
    // What does not cure itself says what to correct.
    const isLasting = error instanceof ObjectStoreError && !error.retryable
    return { ok: false, detail: isLasting ? `${error.message} Posts are accepted and none is published.` : bad }
  } finally {
    clearTimeout(timer)
  }
}

async function checkSealing(deps: ReadinessDeps): Promise<Check> {
  try {
    const { rows } = await sql<{ oldest: string | null }>`
      select min(r.recorded_at) as oldest from archive.archive_record r where not exists (
        select from archive.leaf l where l.record_id = r.id and l.log_index < (select max(tree_size) from archive.checkpoint))
        and r.recorded_at > ${deps.clock.now()}::timestamptz - interval '1 day'`.execute(deps.db)
    const oldest = rows[0]?.oldest ?? null
    const lag = oldest === null ? 0 : Math.max(0, (Date.parse(deps.clock.now()) - Date.parse(oldest)) / 1000)
    if (lag <= lagAlarmSeconds + 15) return { ok: true, detail: 'Records are sealed in time.' }
    return { ok: false, detail: `A record waits for its seal since ${oldest}. Nothing is published meanwhile.` }
  } catch {
    return { ok: false, detail: 'The state of sealing cannot be read.' }
  }
}

async function checkIndexing(deps: ReadinessDeps): Promise<Check> {
  try {
    const { waiting, seconds } = await readIndexLag(deps.db, deps.clock.now())
    if (seconds <= indexAlarmSeconds) return { ok: true, detail: 'The search index follows the log.' }
    const detail = `The search index has not followed the log for ${Math.round(seconds)} seconds, and ${waiting} records wait. They are found all the same, by reading them: searches become slow.`
    return { ok: false, detail }
  } catch {
    return { ok: false, detail: 'The state of the search index cannot be read.' }
  }
}

// The operator names the provider, which may well stand in the firm's own network.
const send = createHttpClient({ allowPrivateAddresses: true })

async function checkProvider(issuer: string): Promise<Check> {
  const away: Check = { ok: false, detail: 'The identity provider does not answer: nobody new can sign in.' }
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const { status, bytes } = await send({ method: 'GET', url, timeoutMs: patienceMilliseconds, maxBytes: 1_000_000 })
    if (status >= 500) return away
    const named = status === 200 ? issuerIn(bytes) : undefined
    if (named === undefined)
      return { ok: false, detail: 'No OpenID provider is at GATEWAY_OIDC_ISSUER: nobody new can sign in. Correct it.' }
    if (named === new URL(issuer).href) return { ok: true, detail: 'The identity provider answers.' }
    const detail =
      'The identity provider gives itself another name than GATEWAY_OIDC_ISSUER: nobody new can sign in. Set it to the issuer in the provider’s own description.'
    return { ok: false, detail }
  } catch {
    return away
  }
}

/** The provider's own name in its description, as an address; undefined in anything else. */
function issuerIn(bytes: Uint8Array): string | undefined {
  try {
    const { issuer } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { issuer: string }
    return new URL(issuer).href
  } catch {
    return undefined
  }
}
