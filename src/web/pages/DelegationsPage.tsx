import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { endDelegation, type Delegation } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { delegationsQuery } from '#web/api/people-queries.ts'
import { meQuery, unitsQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { Empty, Failure, QueryView } from '#web/components/states.tsx'
import { DelegateDialog } from '#web/forms/DelegateDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'

/** Who decides for whom, and until when: what a reviewer lends to a colleague, and is lent. */
export function DelegationsPage() {
  const { t } = useLingui()
  const delegations = useQuery(delegationsQuery)
  const [lending, setLending] = useState(false)
  return (
    <>
      <PageHead
        title={t`Delegations`}
        lead={
          <Trans>
            While you are away, a fellow reviewer decides for your unit. They never decide their own posts, and every
            decision bears their name.
          </Trans>
        }
      >
        <Button kind="primary" onClick={() => setLending(true)}>
          <Trans>Delegate…</Trans>
        </Button>
      </PageHead>
      <QueryView query={delegations} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              <Trans>Nobody decides for you, and you decide for nobody.</Trans>
            </Empty>
          ) : (
            <ul className="list" aria-label={t`Delegations`}>
              {items.map((one) => (
                <DelegationLine key={one.delegationId} delegation={one} />
              ))}
            </ul>
          )
        }
      </QueryView>
      {lending && <DelegateDialog onClose={() => setLending(false)} />}
    </>
  )
}

function DelegationLine({ delegation }: { delegation: Delegation }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const { data: me } = useQuery(meQuery)
  const units = useQuery(unitsQuery)
  const [now] = useState(() => Date.now())
  const end = useMutation({
    mutationFn: () => call(endDelegation, { params: { delegationId: delegation.delegationId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['delegations'] }),
  })
  const { from, to, validFrom, validUntil, endedAt } = delegation
  const unit = units.data?.items.find(({ unitId }) => unitId === delegation.unitId)?.name ?? '…'
  const over = endedAt !== null || Date.parse(validUntil) <= now
  return (
    <li className="line">
      <span className="line-main">
        <strong>
          {from.userId === me?.userId
            ? t`${to.displayName} decides for you (${unit})`
            : t`You decide for ${from.displayName} (${unit})`}
        </strong>
        <span className="small own-line">{t`from ${formatTime(validFrom, true)} until ${formatTime(validUntil, true)}`}</span>
        <span className="muted small own-line">{delegation.reason}</span>
        {endedAt !== null && (
          <span className="muted small own-line">{t`Ended early, ${formatTime(endedAt, true)}`}</span>
        )}
        {end.error !== null && <Failure error={end.error} />}
      </span>
      <span className="row">
        {over ? (
          <Badge tone="neutral">{t({ message: 'Ended', context: 'of a dated right' })}</Badge>
        ) : Date.parse(validFrom) > now ? (
          <Badge tone="note">{t`Not begun`}</Badge>
        ) : (
          <Badge tone="ok">{t`In force`}</Badge>
        )}
        {!over && from.userId === me?.userId && (
          <Button small kind="danger" busy={end.isPending} onClick={() => end.mutate()}>
            <Trans>End now</Trans>
          </Button>
        )}
      </span>
    </li>
  )
}
