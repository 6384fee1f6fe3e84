import { useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { getPolicyVersion } from '#shared/api/policies.ts'
import { policyVersionQuery, simulationsQuery, touchedQuery } from '#web/api/policy-queries.ts'
import { EmergencyNotice } from '#web/components/EmergencyNotice.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { PolicyNextStep } from '#web/components/PolicyNextStep.tsx'
import { useMay } from '#web/components/permissions.ts'
import { SimulationList } from '#web/components/SimulationList.tsx'
import { QueryView } from '#web/components/states.tsx'
import { TouchedPosts } from '#web/components/TouchedPosts.tsx'
import { SimulateDialog } from '#web/forms/SimulateDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge, Notice } from '#web/ui/Notice.tsx'
import { formatNumber, formatTime } from '#web/util/format.ts'
import { versionWords } from '#web/util/policy-words.ts'

type Version = AnswerOf<typeof getPolicyVersion>

const route = getRouteApi('/shell/policies/$version')

export function PolicyPage() {
  const { t } = useLingui()
  const { version } = route.useParams()
  const found = useQuery(policyVersionQuery(version))
  return (
    <QueryView query={found} title={t`Policy version`}>
      {(data) => <PolicyView version={data} />}
    </QueryView>
  )
}

function PolicyView({ version }: { version: Version }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const words = versionWords[version.state]
  return (
    <>
      <PageHead title={version.note === '' ? t`Policy without a note` : version.note}>
        <Badge tone={words.tone}>{i18n._(words.label)}</Badge>
        <Link to="/policies">
          <Trans>All versions</Trans>
        </Link>
      </PageHead>
      {version.emergencyUntil !== null && <EmergencyNotice until={version.emergencyUntil} />}
      <PolicyNextStep version={version} />
      <UnknownFacts version={version} />
      <Facts version={version} />
      {may('policy.simulate') && (version.state === 'draft' || version.state === 'approved') && (
        <Difference version={version.version} />
      )}
      {may('policy.simulate') && <Simulations version={version.version} />}
      <Files files={version.files} />
    </>
  )
}

/** Rules that ask for what the gateway cannot know yet: nobody is to believe that they are satisfied. */
function UnknownFacts({ version }: { version: Version }) {
  const rules = version.rules.filter((rule) => rule.unknown.length > 0)
  if (rules.length === 0) return null
  const names = rules.map((rule) => rule.ruleId).join(', ')
  const enforced = rules.some((rule) => rule.mode === 'enforce')
  return (
    <Notice
      tone={enforced ? 'review' : 'note'}
      title={<Trans>Some rules ask for what the gateway does not know yet</Trans>}
    >
      {enforced ? (
        <Trans>
          {names}: whether training is valid or a text is from the library. Until it does, every post that such a rule
          is meant for goes to a reviewer.
        </Trans>
      ) : (
        <Trans>
          {names}: whether training is valid or a text is from the library. They are only recorded or shown as a note;
          enforced, they would send every post that they are meant for to a reviewer.
        </Trans>
      )}
    </Notice>
  )
}

function Facts({ version }: { version: Version }) {
  const { t } = useLingui()
  return (
    <section className="card">
      <dl className="kv">
        <dt>{t`Fingerprint`}</dt>
        <dd>
          <code>{version.version}</code>
        </dd>
        <dt>{t`Written`}</dt>
        <dd>
          {formatTime(version.createdAt, true)} · {version.createdByName ?? t`shipped with the program`}
        </dd>
        {version.approvedAt !== null && (
          <>
            <dt>{t`Approved`}</dt>
            <dd>
              {formatTime(version.approvedAt, true)} · {version.approvedByName}
            </dd>
          </>
        )}
        {version.activatedAt !== null && (
          <>
            <dt>{t`Went live`}</dt>
            <dd>{formatTime(version.activatedAt, true)}</dd>
          </>
        )}
        {(version.simulationId !== null || version.activatedAt !== null) && (
          <>
            <dt>{t`Simulation`}</dt>
            <dd>
              <AttachedReport version={version} />
            </dd>
          </>
        )}
        <dt>{t`Rules`}</dt>
        <dd>{formatNumber(version.ruleCount)}</dd>
        <dt>{t`Examples and cases`}</dt>
        <dd>
          {version.cases.failed === 0 ? (
            <Trans>{formatNumber(version.cases.checked)} run, all as written</Trans>
          ) : (
            <Plural value={version.cases.failed} one="# not as written" other="# not as written" />
          )}
        </dd>
      </dl>
    </section>
  )
}

/** The report that it was approved or made active with, or why there is none. */
function AttachedReport({ version }: { version: Version }) {
  const { simulationId, createdBy, approvedAt, activatedAt } = version
  if (simulationId !== null)
    return (
      <Link to="/policies/simulations/$simulationId" params={{ simulationId }}>
        <Trans>The report that it was approved with</Trans>
      </Link>
    )
  if (createdBy === null) return <Trans>None: it came with the program</Trans>
  // Only an emergency is in force before its second person approved it.
  if (activatedAt !== null && (approvedAt === null || approvedAt > activatedAt))
    return <Trans>None: it was started as an emergency</Trans>
  return <Trans>None</Trans>
}

function Difference({ version }: { version: string }) {
  const touched = useQuery(touchedQuery(version))
  return (
    <section className="card col">
      <h2>
        <Trans>Compared with the active version</Trans>
      </h2>
      <QueryView query={touched}>{(found) => <TouchedPosts touched={found} />}</QueryView>
    </section>
  )
}

function Simulations({ version }: { version: string }) {
  const simulations = useQuery(simulationsQuery)
  const [asking, setAsking] = useState(false)
  return (
    <section className="col">
      <div className="row spread">
        <h2>
          <Trans>Simulations of this version</Trans>
        </h2>
        <Button onClick={() => setAsking(true)}>
          <Trans>Simulate over the past</Trans>
        </Button>
      </div>
      <QueryView query={simulations} rows={1}>
        {({ items }) => <SimulationList simulations={items.filter((one) => one.draftVersion === version)} />}
      </QueryView>
      {asking && <SimulateDialog draft={{ version }} onClose={() => setAsking(false)} />}
    </section>
  )
}

function Files({ files }: { files: Version['files'] }) {
  return (
    <section className="col">
      <h2>
        <Trans>Files</Trans>
      </h2>
      {files.map((file) => (
        <details key={file.path} className="fold">
          <summary>
            {file.path}{' '}
            <span className="muted small">
              <Plural value={file.text.split('\n').length} one="# line" other="# lines" />
            </span>
          </summary>
          <pre className="raw" tabIndex={0} aria-label={file.path}>
            {file.text}
          </pre>
        </details>
      ))}
    </section>
  )
}
