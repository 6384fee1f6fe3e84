import { sql } from 'kysely'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { disposeMedia } from './dispose-media.ts'
import { disposeRecords } from './dispose-records.ts'
import { lengthenLocks } from './lengthen-locks.ts'
import { lengthenMediaLocks } from './lengthen-media-locks.ts'

/** Months for which partitions stand ready; a month that has none lands in the default partition and is kept all the same. */
const monthsAhead = 12

/** Job: makes the partitions of the coming months, and destroys what may go. */
export async function keepArchive(deps: Pick<Deps, 'db' | 'clock' | 'objectStore' | 'log'>): Promise<void> {
  await sql`select archive.make_partitions(${deps.clock.now().slice(0, 10)}::date, ${monthsAhead})`.execute(deps.db)
  try {
    const lengthened = (await lengthenLocks(deps)) + (await lengthenMediaLocks(deps))
    if (lengthened > 0) deps.log.info({ lengthened }, 'locks in the object store were lengthened')
    const { disposed, kept, objects } = await disposeRecords(deps)
    const media = await disposeMedia(deps)
    if (disposed.length + objects + media > 0)
      deps.log.info({ disposed, kept, objects, media }, 'bodies whose retention ended were destroyed')
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error
    deps.log.warn({ err: error }, 'disposition waits for the object store')
  }
}
