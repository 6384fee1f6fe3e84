import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { Verdict } from '#shared/api/policies.ts'
import { cancelSimulation, type getSimulation, type SimulationReport } from '#shared/api/simulations.ts'
import { call } from '#web/api/call.ts'
import { policiesQuery, simulationQuery } from '#web/api/policy-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { RuleFiguresTable } from '#web/components/RuleFiguresTable.tsx'
import { Failure, QueryView } from '#web/components/states.tsx'
import { TableWrap } from '#web/components/TableWrap.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge, Notice } from '#web/ui/Notice.tsx'
import { Progress } from '#web/ui/Progress.tsx'
import { formatNumber, formatTime } from '#web/util/format.ts'
import { shortVersion, simulationWords } from '#web/util/policy-words.ts'
import { verdictWords } from '#web/util/words.ts'

type Simulation = AnswerOf<typeof getSimulation>

const route = getRouteApi('/shell/policies/simulations/$simulationId')

export function SimulationPage() {
  const { t } = useLingui()
  const { simulationId } = route.useParams()
  const simulation = useQuery(simulationQuery(simulationId))
  return (
    <QueryView query={simulation} title={t`Simulation`}>
      {(found) => <SimulationView simulation={found} />}
    </QueryView>
  )
}

function SimulationView({ simulation }: { simulation: Simulation }) {
  const { t, i18n } = useLingui()
  const words = simulationWords[simulation.state]
  const going = simulation.state === 'waiting' || simulation.state === 'running'
  return (
    <>
      <PageHead title={t`Simulation`} lead={<Subject simulation={simulation} />}>
        <Badge tone={words.tone}>{i18n._(words.label)}</Badge>
      </PageHead>
      {going && <Going simulation={simulation} />}
      {simulation.failure !== null && (
        <Notice tone="block" title={<Trans>The simulation could not be finished</Trans>}>
          {simulation.failure}
        </Notice>
      )}
      {simulation.report !== null && <Report report={simulation.report} />}
    </>
  )
}

/** Which draft, over which past, asked for by whom. The draft may be a stored version, or files that were only tried. */
function Subject({ simulation }: { simulation: Simulation }) {
  const { data } = useQuery(policiesQuery)
  const { draftVersion, requestedBy } = simulation
  const stored = data?.versions.some(({ version }) => version === draftVersion) === true
  const name = shortVersion(draftVersion)
  return (
    <>
      {stored ? (
        <Link to="/policies/$version" params={{ version: draftVersion }}>
          <Trans>Version {name}</Trans>
        </Link>
      ) : (
        <Trans>A draft that is not stored ({name})</Trans>
      )}
      {' · '}
      {simulation.from === null ? (
        <Trans>everything until {formatTime(simulation.to, true)}</Trans>
      ) : (
        <Trans>
          {formatTime(simulation.from)} to {formatTime(simulation.to, true)}
        </Trans>
      )}
      {' · '}
      <Trans>asked for by {requestedBy.displayName}</Trans>
    </>
  )
}

function Going({ simulation }: { simulation: Simulation }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const { simulationId, progress } = simulation
  const cancel = useMutation({
    mutationFn: () => call(cancelSimulation, { params: { simulationId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['simulations'] }),
  })
  return (
    <section className="card col" aria-busy="true">
      <Progress
        share={progress.total === 0 ? 0 : progress.done / progress.total}
        label={t`Progress of the simulation`}
      />
      <p role="status">
        {simulation.state === 'waiting' ? (
          <Trans>Waiting for its turn</Trans>
        ) : (
          <Trans>
            {formatNumber(progress.done)} of {formatNumber(progress.total)} posts
          </Trans>
        )}
      </p>
      {cancel.error !== null && <Failure error={cancel.error} />}
      <div className="row">
        <Button
          kind="danger"
          busy={cancel.isPending}
          disabled={simulation.cancelRequested}
          onClick={() => cancel.mutate()}
        >
          {simulation.cancelRequested ? <Trans>Being cancelled…</Trans> : <Trans>Cancel and keep what there is</Trans>}
        </Button>
      </div>
    </section>
  )
}

function Report({ report }: { report: SimulationReport }) {
  const { t } = useLingui()
  return (
    <>
      {!report.complete && (
        <Notice tone="review" title={<Trans>Incomplete: it was cancelled</Trans>}>
          <Trans>The figures cover only the posts judged so far, oldest first.</Trans>
        </Notice>
      )}
      {report.kept > 0 && (
        <p className="muted">
          <Trans>
            Verdicts that stand because no changed rule can touch the post: {formatNumber(report.kept)}. All other posts
            were judged anew.
          </Trans>
        </p>
      )}
      <div className="figures card">
        <Figure value={formatNumber(report.judged)} label={t`posts`} />
        <Figure value={formatNumber(report.newlyBlocked.count)} label={t`newly blocked`} />
        <Figure value={formatNumber(report.newlyAllowed.count)} label={t`newly allowed`} />
        <Figure value={formatNumber(report.reviewerHoursPerWeek)} label={t`reviewers’ hours a week`} />
        {report.failed > 0 && <Figure value={formatNumber(report.failed)} label={t`could not be judged`} />}
      </div>
      <Matrix matrix={report.matrix} />
      <ChangedPosts
        title={t`Newly blocked`}
        none={t`No post that went through before would be blocked.`}
        changed={report.newlyBlocked}
      />
      <ChangedPosts
        title={t`Newly allowed`}
        none={t`No post that was blocked before would go through.`}
        changed={report.newlyAllowed}
      />
      <section className="col">
        <h2>
          <Trans>Hits of each rule</Trans>
        </h2>
        <RuleFiguresTable rules={report.rules} />
        <p className="muted small">{report.assumption}</p>
      </section>
    </>
  )
}

function Figure({ value, label }: { value: string; label: string }) {
  return (
    <div>
      <strong>{value}</strong>
      <span className="muted">{label}</span>
    </div>
  )
}

const verdicts: readonly Verdict[] = ['pass', 'review', 'block']

/** Old verdict down, new verdict across; what changes stands out by weight, not by colour alone. */
function Matrix({ matrix }: { matrix: SimulationReport['matrix'] }) {
  const { t, i18n } = useLingui()
  return (
    <TableWrap label={t`Old and new verdicts`}>
      <table className="matrix">
        <caption>{t`Old verdict (rows) and new verdict (columns), in posts`}</caption>
        <thead>
          <tr>
            <th scope="col">{t`Before`}</th>
            {verdicts.map((after) => (
              <th key={after} scope="col">
                <Badge tone={verdictWords[after].tone}>{i18n._(verdictWords[after].label)}</Badge>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {verdicts.map((before) => (
            <tr key={before}>
              <th scope="row">
                <Badge tone={verdictWords[before].tone}>{i18n._(verdictWords[before].label)}</Badge>
              </th>
              {verdicts.map((after) => (
                <td key={after} className={before !== after && matrix[before][after] > 0 ? 'changed' : 'muted'}>
                  {formatNumber(matrix[before][after])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableWrap>
  )
}

const firstShown = 20
const moreShown = 100

function ChangedPosts({
  title,
  none,
  changed,
}: {
  title: string
  none: string
  changed: SimulationReport['newlyBlocked']
}) {
  const { t } = useLingui()
  const [shown, setShown] = useState(firstShown)
  const withText = changed.posts.filter((post) => post.excerpt !== null)
  return (
    <section className="col">
      <h2>
        {title} ({formatNumber(changed.count)})
      </h2>
      {changed.count === 0 && <p className="muted">{none}</p>}
      {withText.length > 0 && (
        <ul className="list">
          {withText.slice(0, shown).map((post) => (
            <li key={post.revisionId}>
              {post.postId === null ? (
                <span className="line">{post.excerpt}</span>
              ) : (
                <Link to="/posts/$postId" params={{ postId: post.postId }} className="line">
                  <span className="line-main">{post.excerpt}</span>
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {withText.length > shown && (
        <div>
          <Button onClick={() => setShown(shown + moreShown)}>
            <Trans>Show more</Trans>
          </Button>
        </div>
      )}
      {changed.count > withText.length && withText.length <= shown && (
        <p className="muted small">{t`The first ${formatNumber(withText.length)} are shown; the API lists up to 10,000.`}</p>
      )}
    </section>
  )
}
