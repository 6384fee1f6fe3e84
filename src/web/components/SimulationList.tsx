import { plural } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { Simulation } from '#shared/api/simulations.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'
import { shortVersion, simulationWords } from '#web/util/policy-words.ts'

/** Simulations, newest first, each leading to its report. */
export function SimulationList({ simulations }: { simulations: readonly Simulation[] }) {
  const { i18n, t } = useLingui()
  if (simulations.length === 0)
    return (
      <p className="muted">
        <Trans>None yet.</Trans>
      </p>
    )
  return (
    <ul className="list">
      {simulations.map((one) => (
        <li key={one.simulationId}>
          <Link to="/policies/simulations/$simulationId" params={{ simulationId: one.simulationId }} className="line">
            <span className="line-main">
              <strong>{formatTime(one.requestedAt)}</strong>
              <span className="muted small cut">
                {[
                  one.requestedBy.displayName,
                  shortVersion(one.draftVersion),
                  t`${plural(one.progress.done, { one: '# post', other: '# posts' })}`,
                  ...(one.anew ? [t`each judged anew`] : []),
                ].join(' · ')}
              </span>
            </span>
            <Badge tone={simulationWords[one.state].tone}>{i18n._(simulationWords[one.state].label)}</Badge>
          </Link>
        </li>
      ))}
    </ul>
  )
}
