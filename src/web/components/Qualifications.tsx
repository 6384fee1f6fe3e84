import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { User } from '#shared/api/identity.ts'
import { endQualification, type Qualification } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { qualificationsQuery } from '#web/api/people-queries.ts'
import { meQuery } from '#web/api/queries.ts'
import { GrantQualificationDialog } from '#web/forms/GrantQualificationDialog.tsx'
import { ReasonDialog } from '#web/forms/ReasonDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'
import { qualificationName } from '#web/util/qualification-words.ts'
import { useMay } from './permissions.ts'
import { Empty, QueryView } from './states.tsx'

/** Days before the end from which the line says so. */
const soonMilliseconds = 30 * 86_400_000

/** The dated rights of a person that review stages ask for (FIN-1), with their ends. */
export function Qualifications({ user }: { user: User }) {
  const may = useMay()
  const { data: me } = useQuery(meQuery)
  const held = useQuery(qualificationsQuery(user.userId))
  const [granting, setGranting] = useState(false)
  const [ending, setEnding] = useState<Qualification>()
  const manages = may('qualification.manage') && me?.userId !== user.userId
  return (
    <section className="card col" aria-labelledby="qualifications">
      <div className="row spread">
        <h2 id="qualifications">
          <Trans>Qualifications</Trans>
        </h2>
        {manages && user.active && (
          <Button small onClick={() => setGranting(true)}>
            <Trans>Enter a qualification…</Trans>
          </Button>
        )}
      </div>
      <QueryView query={held} rows={1}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              <Trans>None was entered. A review stage that asks for one cannot be decided by this person.</Trans>
            </Empty>
          ) : (
            <ul className="list" aria-labelledby="qualifications">
              {items.map((one) => (
                <QualificationLine
                  key={one.qualificationId}
                  held={one}
                  onEnd={manages ? () => setEnding(one) : undefined}
                />
              ))}
            </ul>
          )
        }
      </QueryView>
      {granting && <GrantQualificationDialog user={user} onClose={() => setGranting(false)} />}
      <EndDialog held={ending} onClose={() => setEnding(undefined)} />
    </section>
  )
}

function QualificationLine({ held, onEnd }: { held: Qualification; onEnd: (() => void) | undefined }) {
  const { t } = useLingui()
  const [now] = useState(() => Date.now())
  const { validFrom, validUntil, evidence } = held
  const left = validUntil === null ? Infinity : Date.parse(validUntil) - now
  const from = formatTime(validFrom, true)
  return (
    <li className="line">
      <span className="line-main">
        <strong>{qualificationName(held.qualification)}</strong>
        <span className="small own-line">
          {validUntil === null ? t`from ${from}, without end` : t`from ${from} until ${formatTime(validUntil, true)}`}
        </span>
        {evidence !== null && <span className="muted small own-line">{evidence}</span>}
      </span>
      <span className="row">
        {left <= 0 ? (
          <Badge tone="neutral">{t({ message: 'Ended', context: 'of a dated right' })}</Badge>
        ) : Date.parse(validFrom) > now ? (
          <Badge tone="note">{t`Not begun`}</Badge>
        ) : left < soonMilliseconds ? (
          <Badge tone="review">{t`Ends soon`}</Badge>
        ) : (
          <Badge tone="ok">{t`In force`}</Badge>
        )}
        {onEnd !== undefined && left > 0 && (
          <Button small kind="danger" onClick={onEnd}>
            <Trans>End…</Trans>
          </Button>
        )}
      </span>
    </li>
  )
}

function EndDialog({ held, onClose }: { held: Qualification | undefined; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: (reason: string) =>
      call(endQualification, { params: { qualificationId: held!.qualificationId }, body: { reason } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['qualifications'] })
      onClose()
    },
  })
  return (
    <ReasonDialog
      open={held !== undefined}
      title={t`End this qualification now?`}
      explanation={t`What was decided under it stays as it was.`}
      required
      hint={t`It is kept in the archive.`}
      confirm={t`End it`}
      busy={end.isPending}
      error={end.error}
      onClose={() => {
        end.reset()
        onClose()
      }}
      onConfirm={(reason) => end.mutate(reason)}
    />
  )
}
