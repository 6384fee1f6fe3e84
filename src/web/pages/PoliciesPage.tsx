import { useState } from 'react'
import { plural } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { Language } from '#shared/api/common.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import { policiesQuery, simulationsQuery } from '#web/api/policy-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { SimulationList } from '#web/components/SimulationList.tsx'
import { QueryView } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextField } from '#web/ui/fields.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { clauseName } from '#web/util/clause-words.ts'
import { formatTime } from '#web/util/format.ts'
import { shortVersion, versionWords } from '#web/util/policy-words.ts'
import { severityWords } from '#web/util/words.ts'

export function PoliciesPage() {
  const { t, i18n } = useLingui()
  const language: Language = i18n.locale === 'fr' ? 'fr' : 'en'
  const policies = useQuery(policiesQuery)
  const [words, setWords] = useState('')
  const may = useMay()
  const navigate = useNavigate()
  return (
    <>
      <PageHead
        title={t`Policies`}
        lead={
          <Trans>
            What every post is checked against. A version goes live only once it was simulated, through two people, and
            is archived.
          </Trans>
        }
      >
        {may('policy.simulate') && (
          <Link to="/policies/precision">
            <Trans>Precision of the rules</Trans>
          </Link>
        )}
        {may('policy.write') && (
          <Button kind="primary" onClick={() => void navigate({ to: '/policies/new' })}>
            <Trans>New version</Trans>
          </Button>
        )}
      </PageHead>
      <QueryView query={policies}>
        {({ versions, rules }) => {
          const shown = rules.filter((rule) =>
            `${rule.ruleId} ${rule.pack} ${clauseName(rule.clause ?? '')} ${rule.message[language]}`
              .toLowerCase()
              .includes(words.toLowerCase()),
          )
          return (
            <>
              <h2>
                <Trans>Versions</Trans>
              </h2>
              <ul className="list">
                {versions.map((version) => (
                  <VersionLine key={version.version} version={version} />
                ))}
              </ul>
              {may('policy.simulate') && <LastSimulations />}
              <div className="row spread">
                <h2>
                  <Trans>Rules in force ({shown.length})</Trans>
                </h2>
                <TextField
                  label={<span className="vh">{t`Find a rule`}</span>}
                  placeholder={t`Find a rule`}
                  value={words}
                  onChange={setWords}
                />
              </div>
              <ul className="list">
                {shown.map((rule) => (
                  <li key={`${rule.pack}/${rule.ruleId}`}>
                    <div className="line">
                      <span className="line-main">
                        <strong>{rule.message[language]}</strong>
                        {rule.suggestion !== undefined && <span className="muted"> {rule.suggestion[language]}</span>}
                        <span className="muted small cut">
                          {[rule.clause && clauseName(rule.clause), `${rule.pack} / ${rule.ruleId}`]
                            .filter((part) => part !== undefined)
                            .join(' · ')}
                        </span>
                      </span>
                      <span className="row">
                        {rule.mode !== 'enforce' && (
                          <Badge tone="neutral">
                            {rule.mode === 'audit' ? <Trans>Only recorded</Trans> : <Trans>Shown as a note</Trans>}
                          </Badge>
                        )}
                        <Badge tone={severityWords[rule.severity].tone}>
                          {i18n._(severityWords[rule.severity].label)}
                        </Badge>
                      </span>
                    </div>
                  </li>
                ))}
              </ul>
            </>
          )
        }}
      </QueryView>
    </>
  )
}

function LastSimulations() {
  const simulations = useQuery(simulationsQuery)
  if (simulations.data === undefined || simulations.data.items.length === 0) return null
  return (
    <>
      <h2>
        <Trans>Last simulations</Trans>
      </h2>
      <SimulationList simulations={simulations.data.items.slice(0, 5)} />
    </>
  )
}

function VersionLine({ version }: { version: PolicyVersion }) {
  const { t, i18n } = useLingui()
  const words = versionWords[version.state]
  return (
    <li>
      <Link to="/policies/$version" params={{ version: version.version }} className="line">
        <span className="line-main">
          <strong>{version.note === '' ? t`Without a note` : version.note}</strong>
          <span className="muted small cut">
            {[
              shortVersion(version.version),
              t`${plural(version.ruleCount, { one: '# rule', other: '# rules' })}`,
              version.createdByName ?? t`shipped with the program`,
              formatTime(version.createdAt),
              version.activatedAt === null ? undefined : t`active since ${formatTime(version.activatedAt)}`,
              version.state === 'approved' && version.activateAt !== null
                ? t`goes live at ${formatTime(version.activateAt)}`
                : undefined,
            ]
              .filter((part) => part !== undefined)
              .join(' · ')}
          </span>
        </span>
        <span className="row">
          {version.emergencyUntil !== null && (
            <Badge tone="review">
              <Trans>Emergency, until {formatTime(version.emergencyUntil)}</Trans>
            </Badge>
          )}
          <Badge tone={words.tone}>{i18n._(words.label)}</Badge>
        </span>
      </Link>
    </li>
  )
}
