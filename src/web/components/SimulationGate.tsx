import { useEffect, useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SimulationGate as Gate } from '#shared/api/policies.ts'
import { simulationQuery } from '#web/api/policy-queries.ts'
import { SimulateDialog } from '#web/forms/SimulateDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { Progress } from '#web/ui/Progress.tsx'
import { formatNumber, formatTime } from '#web/util/format.ts'

/**
 * Whether a version has the report with which it may be approved and go live: what is missing and the way to it, how far
 * it is, or what was found.
 */
export function SimulationGate({ version, gate }: { version: string; gate: Gate }) {
  const { t } = useLingui()
  const [asking, setAsking] = useState(false)
  return (
    <>
      {gate.state === 'under_way' && gate.simulationId !== null && <UnderWay simulationId={gate.simulationId} />}
      {gate.state === 'ready' && gate.simulationId !== null && <Simulated simulationId={gate.simulationId} />}
      {(gate.state === 'missing' || gate.state === 'outdated' || gate.state === 'partial') && (
        <Notice
          tone="review"
          title={
            { missing: t`Not simulated yet`, outdated: t`To be simulated again`, partial: t`Simulated in part` }[
              gate.state
            ]
          }
        >
          <div className="col">
            <p>
              {
                {
                  missing: t`It can be approved and go live once it has been run over posts of the past and somebody can see what it would change.`,
                  outdated: t`Another version has come into force since it was simulated. A new report compares it with what is in force now; then it can go live.`,
                  partial: t`The simulation covers some units only, and this version would bind the whole firm. Somebody who owns the policy of the firm must simulate it.`,
                }[gate.state]
              }
            </p>
            <div className="row">
              <Button kind="primary" onClick={() => setAsking(true)}>
                <Trans>Simulate it now</Trans>
              </Button>
            </div>
          </div>
        </Notice>
      )}
      {asking && <SimulateDialog draft={{ version }} stays onClose={() => setAsking(false)} />}
    </>
  )
}

function UnderWay({ simulationId }: { simulationId: string }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const { data } = useQuery(simulationQuery(simulationId))
  const ended = data !== undefined && data.state !== 'waiting' && data.state !== 'running'
  useEffect(() => {
    if (!ended) return
    void client.invalidateQueries({ queryKey: ['policies'] })
    void client.invalidateQueries({ queryKey: ['simulations'] })
  }, [client, ended])
  const { done, total } = data?.progress ?? { done: 0, total: 0 }
  return (
    <section className="card col" aria-busy="true">
      <strong>
        <Trans>The simulation is under way</Trans>
      </strong>
      <Progress share={total === 0 ? 0 : done / total} label={t`Progress of the simulation`} />
      <p role="status">
        {total === 0 ? (
          <Trans>Waiting for its turn</Trans>
        ) : (
          <Trans>
            {formatNumber(done)} of {formatNumber(total)} posts
          </Trans>
        )}
      </p>
    </section>
  )
}

/** What whoever approves must have seen: how much was judged and what would change, with the way to the report. */
function Simulated({ simulationId }: { simulationId: string }) {
  const { data } = useQuery(simulationQuery(simulationId))
  const report = data?.report ?? null
  return (
    <Notice
      tone={report !== null && report.newlyAllowed.count > 0 ? 'review' : 'ok'}
      title={<Trans>Simulated beside the version in force</Trans>}
    >
      {data !== undefined && report !== null && (
        <p>
          {data.from === null ? (
            <Trans>All posts until {formatTime(data.to, true)}</Trans>
          ) : (
            <Trans>
              Posts from {formatTime(data.from)} to {formatTime(data.to, true)}
            </Trans>
          )}
          <br />
          <Plural value={report.judged} _0="no posts" one="# post" other="# posts" />
          {', '}
          <Plural
            value={report.newlyBlocked.count}
            _0="none newly blocked"
            one="# newly blocked"
            other="# newly blocked"
          />
          {', '}
          <Plural
            value={report.newlyAllowed.count}
            _0="none newly allowed"
            one="# newly allowed"
            other="# newly allowed"
          />
          .
        </p>
      )}
      <Link to="/policies/simulations/$simulationId" params={{ simulationId }}>
        <Trans>Read the report</Trans>
      </Link>
    </Notice>
  )
}
