import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { msg } from '@lingui/core/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { releaseHold, type Hold } from '#shared/api/holds.ts'
import { call } from '#web/api/call.ts'
import { holdsQuery } from '#web/api/archive-queries.ts'
import { meQuery } from '#web/api/queries.ts'
import { HoldScope } from '#web/components/HoldScope.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Empty, QueryView } from '#web/components/states.tsx'
import { ReasonDialog } from '#web/forms/ReasonDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'

const statusWords = {
  placed: { label: msg`In force`, tone: 'hold' },
  release_requested: { label: msg`Release asked for`, tone: 'review' },
  released: { label: msg`Released`, tone: 'neutral' },
} as const

/** What must not be destroyed, whatever its retention says (legal holds). */
export function HoldsPage() {
  const { t } = useLingui()
  const may = useMay()
  const holds = useQuery(holdsQuery)
  const [releasing, setReleasing] = useState<Hold>()
  return (
    <>
      <PageHead
        title={t`Legal holds`}
        lead={
          <Trans>What a hold covers is not destroyed when its retention ends. Releasing one takes two people.</Trans>
        }
      />
      {may('hold.place') && (
        <p>
          <Trans>
            To place one, <Link to="/archive">search the archive</Link> for what it must cover, then hold the result.
          </Trans>
        </p>
      )}
      <QueryView query={holds}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>
              <Trans>No hold was ever placed.</Trans>
            </Empty>
          ) : (
            <>
              <ul className="list">
                {items.map((hold) => (
                  <HoldLine key={hold.holdId} hold={hold} onRelease={() => setReleasing(hold)} />
                ))}
              </ul>
              {nextCursor !== null && (
                <p className="muted">
                  <Trans>Only the newest {items.length} holds are listed here.</Trans>
                </p>
              )}
            </>
          )
        }
      </QueryView>
      <ReleaseDialog hold={releasing} onClose={() => setReleasing(undefined)} />
    </>
  )
}

function HoldLine({ hold, onRelease }: { hold: Hold; onRelease: () => void }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const { data: me } = useQuery(meQuery)
  const asked = hold.releaseRequestedBy
  const word = statusWords[hold.status]
  return (
    <li className="line">
      <span className="line-main">
        <strong>{hold.name}</strong>
        <span> – {hold.reason}</span>
        <HoldScope scope={hold.scope} />
        <span className="muted small cut">{t`${hold.placedBy.displayName}, ${formatTime(hold.placedAt, true)}`}</span>
        {hold.status === 'release_requested' && asked !== null && (
          <span className="small">
            {asked.userId === me?.userId
              ? t`You asked for its release; a second person must release it.`
              : t`${asked.displayName} asked for its release; a second person must release it.`}
          </span>
        )}
        {hold.releasedBy !== null && hold.releasedAt !== null && (
          <span className="muted small cut">
            {t`Released by ${hold.releasedBy.displayName}, ${formatTime(hold.releasedAt, true)}`}
          </span>
        )}
      </span>
      <span className="row">
        <Badge tone={word.tone}>{i18n._(word.label)}</Badge>
        {hold.status !== 'released' && may('hold.release') && asked?.userId !== me?.userId && (
          <Button small onClick={onRelease}>
            {asked === null ? t`Ask for release` : t`Confirm and release`}
          </Button>
        )}
      </span>
    </li>
  )
}

function ReleaseDialog({ hold, onClose }: { hold: Hold | undefined; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const release = useMutation({
    mutationFn: (reason: string) => call(releaseHold, { params: { holdId: hold!.holdId }, body: { reason } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['holds'] })
      onClose()
    },
  })
  const first = hold?.releaseRequestedBy == null
  return (
    <ReasonDialog
      open={hold !== undefined}
      title={first ? t`Ask to release this hold?` : t`Release this hold?`}
      explanation={
        first
          ? t`It stays in force until a second person releases it.`
          : t`From then on, what it covered may be destroyed when its retention ends.`
      }
      required
      hint={t`It is kept in the archive.`}
      confirm={first ? t`Ask for release` : t`Confirm and release`}
      busy={release.isPending}
      error={release.error}
      onClose={() => {
        release.reset()
        onClose()
      }}
      onConfirm={(reason) => release.mutate(reason)}
    />
  )
}
