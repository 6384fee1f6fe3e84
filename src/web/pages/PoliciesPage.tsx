import { useState } from 'react'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Language } from '#shared/api/common.ts'
import { activatePolicyVersion, approvePolicyVersion, type PolicyVersion } from '#shared/api/policies.ts'
import { call } from '#web/api/call.ts'
import { policiesQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Failure, QueryView } from '#web/components/states.tsx'
import { ReasonDialog } from '#web/forms/ReasonDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextField } from '#web/ui/fields.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatTime } from '#web/util/format.ts'
import { severityWords } from '#web/util/words.ts'

const stateWords = {
  draft: { label: msg`Draft, waits for a second person`, tone: 'review' },
  approved: { label: msg`Approved, not active`, tone: 'note' },
  active: { label: msg`Active`, tone: 'ok' },
  retired: { label: msg`Retired`, tone: 'neutral' },
} as const

export function PoliciesPage() {
  const { t, i18n } = useLingui()
  const language: Language = i18n.locale === 'fr' ? 'fr' : 'en'
  const policies = useQuery(policiesQuery)
  const [words, setWords] = useState('')
  return (
    <>
      <PageHead
        title={t`Policies`}
        lead={
          <Trans>
            What every post is checked against. A version goes live only through two people, and is archived.
          </Trans>
        }
      />
      <QueryView query={policies}>
        {({ versions, rules }) => {
          const shown = rules.filter((rule) =>
            `${rule.ruleId} ${rule.pack} ${rule.clause ?? ''} ${rule.message[language]}`
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
                          {[rule.clause, `${rule.pack} / ${rule.ruleId}`]
                            .filter((part) => part !== undefined)
                            .join(' · ')}
                        </span>
                      </span>
                      <Badge tone={severityWords[rule.severity].tone}>
                        {i18n._(severityWords[rule.severity].label)}
                      </Badge>
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

function VersionLine({ version }: { version: PolicyVersion }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const params = { version: version.version }
  const change = useMutation({
    mutationFn: async (reason: string | undefined) => {
      if (reason === undefined) await call(approvePolicyVersion, { params })
      else await call(activatePolicyVersion, { params, body: { reason } })
    },
    onSuccess: () => {
      setAsking(false)
      return client.invalidateQueries({ queryKey: ['policies'] })
    },
  })
  return (
    <li>
      <div className="line">
        <span className="line-main">
          <strong>{version.note === '' ? t`Without a note` : version.note}</strong>
          <span className="muted small cut">
            {[
              version.version.slice(0, 12),
              t`${version.ruleCount} rules`,
              formatTime(version.createdAt),
              version.activatedAt === null ? undefined : t`active since ${formatTime(version.activatedAt)}`,
            ]
              .filter((part) => part !== undefined)
              .join(' · ')}
          </span>
          {change.error !== null && !asking && <Failure error={change.error} />}
        </span>
        <span className="row">
          <Badge tone={stateWords[version.state].tone}>{i18n._(stateWords[version.state].label)}</Badge>
          {may('policy.approve') && version.state === 'draft' && (
            <Button small busy={change.isPending} onClick={() => change.mutate(undefined)}>
              <Trans>Approve</Trans>
            </Button>
          )}
          {may('policy.approve') && (version.state === 'approved' || version.state === 'retired') && (
            <Button small onClick={() => setAsking(true)}>
              <Trans>Activate</Trans>
            </Button>
          )}
        </span>
      </div>
      <ReasonDialog
        open={asking}
        title={t`Activate this version?`}
        explanation={t`What is approved and not yet published is judged anew; a changed verdict sends it back.`}
        required
        confirm={t`Activate`}
        busy={change.isPending}
        error={change.error}
        onClose={() => setAsking(false)}
        onConfirm={(reason) => change.mutate(reason)}
      />
    </li>
  )
}
