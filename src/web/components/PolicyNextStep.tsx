import { useState } from 'react'
import { Trans } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import { approvePolicyVersion, type getPolicyVersion } from '#shared/api/policies.ts'
import { call } from '#web/api/call.ts'
import { meQuery } from '#web/api/queries.ts'
import { useMay } from '#web/components/permissions.ts'
import { SimulationGate } from '#web/components/SimulationGate.tsx'
import { Failure } from '#web/components/states.tsx'
import { ActivateDialog } from '#web/forms/ActivateDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'

type Version = AnswerOf<typeof getPolicyVersion>

/**
 * What happens next with a version and who does it: it is simulated, approved by somebody who did not write it, and made
 * active. What is missing stands where the button would.
 */
export function PolicyNextStep({ version }: { version: Version }) {
  const may = useMay()
  const { data: me } = useQuery(meQuery)
  const [wanted, setWanted] = useState(false)
  if (!may('policy.approve')) return <Planned version={version} />
  const own = version.createdBy === me?.userId
  const unapproved = version.approvedBy === null && version.createdBy !== null
  const binds = version.emergencyUntil !== null
  const waits = unapproved && (version.state === 'draft' || binds)
  const hasReport = version.simulation === null || version.simulation.state === 'ready'
  const canReturn = version.state === 'retired' && !unapproved
  const canStart = version.state === 'draft' || (hasReport && (version.state === 'approved' || canReturn))
  const canApprove = waits && !own && (hasReport || binds)
  const canAsk = canReturn && !hasReport && !wanted
  const showsGate = version.state === 'draft' || version.state === 'approved' || (canReturn && wanted)
  return (
    <>
      <Planned version={version} />
      {showsGate && version.simulation !== null && (
        <SimulationGate version={version.version} gate={version.simulation} />
      )}
      {waits && own && (
        <Notice tone="note" title={<Trans>Another policy owner must approve it</Trans>}>
          <Trans>You wrote this version. Whoever approves it reads the same comparison and simulations as you.</Trans>
        </Notice>
      )}
      {(canApprove || canStart || canAsk) && (
        <div className="row">
          {canApprove && <Approve version={version.version} />}
          {canStart && (
            <Button
              kind={version.state === 'draft' ? 'danger' : version.state === 'approved' ? 'primary' : 'quiet'}
              onClick={() => setWanted(true)}
            >
              {version.state === 'draft' ? <Trans>Start as an emergency…</Trans> : <Trans>Activate…</Trans>}
            </Button>
          )}
          {canAsk && (
            <Button onClick={() => setWanted(true)}>
              <Trans>Bring it back…</Trans>
            </Button>
          )}
        </div>
      )}
      {wanted && canStart && <ActivateDialog version={version} onClose={() => setWanted(false)} />}
    </>
  )
}

function Approve({ version }: { version: string }) {
  const client = useQueryClient()
  const approve = useMutation({
    mutationFn: () => call(approvePolicyVersion, { params: { version } }),
    // After a refusal too: what is missing then stands on the page.
    onSettled: () => client.invalidateQueries({ queryKey: ['policies'] }),
  })
  return (
    <>
      <Button kind="primary" busy={approve.isPending} onClick={() => approve.mutate()}>
        <Trans>Approve</Trans>
      </Button>
      {approve.error !== null && <Failure error={approve.error} />}
    </>
  )
}

/** When it goes live by itself, or that it did not because another version came first. */
function Planned({ version: { state, activateAt, simulation, simulationId } }: { version: Version }) {
  if (state !== 'approved' || activateAt === null) return null
  const isCurrent = simulation?.state === 'ready' && simulation.simulationId === simulationId
  if (isCurrent) return <Notice tone="note" title={<Trans>It goes live at {formatTime(activateAt, true)}</Trans>} />
  return (
    <Notice tone="review" title={<Trans>It does not go live by itself at {formatTime(activateAt, true)}</Trans>}>
      <Trans>
        Another version came into force after that was decided. Look at a new report, then activate this version again.
      </Trans>
    </Notice>
  )
}
