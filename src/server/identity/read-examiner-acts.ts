import { appendRecord } from '#server/archive/append-record.ts'
import { readActsOf } from '#server/archive/read-timeline.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { cutPage, readCursor } from '#server/platform/page-cursor.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { listExaminerActs } from '#shared/api/people.ts'
import { listExaminers } from './grant-examiner.ts'

/** What an examiner searched, opened and was refused, from the records; that somebody asked is a record too. */
export async function readExaminerActs(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  examinerId: string,
  page: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
): Promise<AnswerOf<typeof listExaminerActs>> {
  const limit = page.limit ?? 50
  return inTransaction(deps.db, async (tx) => {
    const examiner = (await listExaminers(tx, actor)).find((one) => one.examinerId === examinerId)
    if (examiner === undefined) throw new AppError('not_found', 'No such examiner.')
    const acts = await readActsOf(tx, examiner.userId, readCursor(page.cursor), limit + 1)
    await appendRecord(tx, actor, {
      type: 'archive.viewed',
      at: deps.clock.now(),
      streams: { user: actor.userId, unit: actor.unitId },
      body: { examinerId },
    })
    return cutPage(
      acts,
      limit,
      (act) => ({ at: act.recordedAt, id: act.recordId }),
      (act) => act,
    )
  })
}
