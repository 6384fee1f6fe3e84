import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { sealOnce, type SealOptions, type SealResult } from './seal-records.ts'

type TellingDeps = Parameters<typeof sealOnce>[0] & Pick<Deps, 'log'>

/** What the log was told last, so that an outage is two lines and not one a second. */
const told = new WeakMap<Db, string>()

/** One round of sealing, as a job: where nothing can be sealed, and so nothing is published, the log says so once. */
export async function sealAndTell(deps: TellingDeps, options?: SealOptions): Promise<SealResult> {
  const result = await sealOnce(deps, options)
  const trouble =
    result.refusal?.sentence ?? (result.state === 'unreachable' ? 'The object store does not answer.' : '')
  if (result.state === 'elsewhere' || trouble === (told.get(deps.db) ?? '')) return result
  told.set(deps.db, trouble)
  const { state, treeSize, sealedSize, cause } = result
  const facts = { state, treeSize, sealedSize, ...(cause === undefined ? {} : { err: cause }) }
  if (trouble === '') deps.log.info(facts, 'sealing goes on')
  else if (state === 'refused') deps.log.error(facts, `nothing is sealed or published until somebody acts: ${trouble}`)
  else deps.log.warn(facts, `nothing is sealed or published meanwhile: ${trouble}`)
  return result
}
