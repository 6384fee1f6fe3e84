import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Examiner } from '#shared/api/people.ts'
import { examinersQuery } from '#web/api/examiners-query.ts'
import { meQuery } from '#web/api/queries.ts'
import { ExaminationState, isRunning, useRunning } from '#web/components/ExaminationState.tsx'
import { HoldScope } from '#web/components/HoldScope.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { Empty, QueryView } from '#web/components/states.tsx'
import { EndExaminationDialog } from '#web/forms/EndExaminationDialog.tsx'
import { GrantExaminationDialog } from '#web/forms/GrantExaminationDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { formatTime } from '#web/util/format.ts'

/** Who from outside may read the archive, until when, and what of it. */
export function ExaminationsPage() {
  const { t } = useLingui()
  const examiners = useQuery(examinersQuery)
  const { data: me } = useQuery(meQuery)
  const [now] = useState(() => Date.now())
  const [granting, setGranting] = useState(false)
  const [ending, setEnding] = useState<Examiner>()
  return (
    <>
      <PageHead
        title={t`Examinations`}
        lead={
          <Trans>
            An examiner reads and verifies the records that the examination is about, until its end, and changes
            nothing. Each look is recorded.
          </Trans>
        }
      >
        <Button kind="primary" onClick={() => setGranting(true)}>
          <Trans>Grant an examination</Trans>
        </Button>
      </PageHead>
      <QueryView query={examiners}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              <Trans>
                No examination was ever granted. Grant one when a supervisory authority asks to read records.
              </Trans>
            </Empty>
          ) : (
            <ul className="list" aria-label={t`Examinations`}>
              {runningFirst(items, now).map((examiner) => (
                <ExaminationLine key={examiner.examinerId} examiner={examiner} onEnd={() => setEnding(examiner)} />
              ))}
            </ul>
          )
        }
      </QueryView>
      {granting && me !== undefined && <GrantExaminationDialog me={me} onClose={() => setGranting(false)} />}
      {ending !== undefined && <EndExaminationDialog examiner={ending} onClose={() => setEnding(undefined)} />}
    </>
  )
}

function runningFirst(items: readonly Examiner[], now: number): Examiner[] {
  return items.toSorted((a, b) => Number(isRunning(b, now)) - Number(isRunning(a, now)))
}

function ExaminationLine({ examiner, onEnd }: { examiner: Examiner; onEnd: () => void }) {
  const { t } = useLingui()
  const { examinerId, name, organisation, purpose, filter, unitId, validFrom, validUntil } = examiner
  const running = useRunning(examiner)
  return (
    <li className="line">
      <span className="line-main">
        <Link to="/examiners/$examinerId" params={{ examinerId }}>
          <strong>
            {name} ({organisation})
          </strong>
        </Link>
        <span> – {purpose}</span>
        <HoldScope scope={{ unit: unitId, ...filter }} />
        <span className="muted small own-line">{t`from ${formatTime(validFrom)} to ${formatTime(validUntil, true)}`}</span>
      </span>
      <span className="row">
        <ExaminationState examiner={examiner} />
        {running && (
          <Button small kind="danger" onClick={onEnd}>
            <Trans>End…</Trans>
          </Button>
        )}
      </span>
    </li>
  )
}
