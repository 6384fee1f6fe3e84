import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { decideRoleChange, type RoleChange } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { roleChangesQuery } from '#web/api/people-queries.ts'
import { meQuery, unitsQuery } from '#web/api/queries.ts'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'
import { roleWords } from '#web/util/role-words.ts'
import { Empty, Failure, QueryView } from './states.tsx'

const outcomeWords = {
  approved: { label: msg({ message: 'Approved', context: 'of a role change' }), tone: 'ok' },
  rejected: { label: msg({ message: 'Rejected', context: 'of a role change' }), tone: 'block' },
  withdrawn: { label: msg({ message: 'Withdrawn', context: 'of a role change' }), tone: 'neutral' },
} as const
const shownDecided = 10

/** Changes that wait for their second person, and the last decided ones. */
export function RoleChanges() {
  const { t } = useLingui()
  const changes = useQuery(roleChangesQuery)
  return (
    <section className="col" aria-labelledby="changes">
      <h2 id="changes">
        <Trans>Role changes</Trans>
      </h2>
      <QueryView query={changes} rows={1}>
        {({ items }) => {
          const open = items.filter((change) => change.outcome === null)
          const decided = items.filter((change) => change.outcome !== null).slice(0, shownDecided)
          return items.length === 0 ? (
            <Empty>
              <Trans>No role change was asked for yet. Each one waits here for a second person.</Trans>
            </Empty>
          ) : (
            <ul className="list" aria-label={t`Role changes`}>
              {[...open, ...decided].map((change) => (
                <ChangeLine key={change.changeId} change={change} />
              ))}
            </ul>
          )
        }}
      </QueryView>
    </section>
  )
}

function ChangeLine({ change }: { change: RoleChange }) {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const { data: me } = useQuery(meQuery)
  const units = useQuery(unitsQuery)
  const decide = useMutation({
    mutationFn: (outcome: 'approved' | 'rejected') =>
      call(decideRoleChange, { params: { changeId: change.changeId }, body: { outcome } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['role-changes'] })
      await client.invalidateQueries({ queryKey: ['users'] })
    },
  })
  const role = i18n._(roleWords[change.role])
  const unit = units.data?.items.find((one) => one.unitId === change.unitId)?.name ?? '…'
  const [person, asker] = [change.displayName, change.requestedBy.displayName]
  const mine = me?.userId === change.requestedBy.userId
  const about = me?.userId === change.userId
  return (
    <li className="line">
      <span className="line-main">
        <strong>
          {change.action === 'grant' ? (
            <Trans>
              Give {person} the role {role} on {unit}
            </Trans>
          ) : (
            <Trans>
              Take from {person} the role {role} on {unit}
            </Trans>
          )}
        </strong>
        <span className="own-line">{change.reason}</span>
        <span className="muted small own-line">{t`${asker}, ${formatTime(change.requestedAt, true)}`}</span>
        {change.decidedBy !== null && change.decidedAt !== null && (
          <span className="muted small own-line">
            {t`Decided by ${change.decidedBy.displayName}, ${formatTime(change.decidedAt, true)}`}
          </span>
        )}
        {change.outcome === null && mine && (
          <span className="small own-line">{t`You asked for it; a second person must decide.`}</span>
        )}
        {change.outcome === null && about && !mine && (
          <span className="small own-line">{t`It concerns you; somebody else must decide.`}</span>
        )}
        {decide.error !== null && <Failure error={decide.error} />}
      </span>
      <span className="row">
        {change.outcome !== null ? (
          <Badge tone={outcomeWords[change.outcome].tone}>{i18n._(outcomeWords[change.outcome].label)}</Badge>
        ) : mine || about ? (
          <Badge tone="review">{t`Waits`}</Badge>
        ) : (
          <>
            <Button small kind="primary" busy={decide.isPending} onClick={() => decide.mutate('approved')}>
              <Trans>Approve</Trans>
            </Button>
            <Button small kind="danger" busy={decide.isPending} onClick={() => decide.mutate('rejected')}>
              <Trans>Reject</Trans>
            </Button>
          </>
        )}
      </span>
    </li>
  )
}
