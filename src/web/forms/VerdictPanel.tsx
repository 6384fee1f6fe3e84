import { Plural, Trans, useLingui } from '@lingui/react/macro'
import type { CheckAnswer, Finding } from '#shared/api/policies.ts'
import { FindingsList } from '#web/components/FindingsList.tsx'
import { Failure } from '#web/components/states.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { stageName, verdictWords } from '#web/util/words.ts'

interface Props {
  readonly text: string
  readonly thread: readonly string[] | undefined
  readonly check: CheckAnswer | undefined
  readonly error: unknown
  readonly waiting: boolean
  readonly onShow: (finding: Finding) => void
}

/** The right side of the composer: what policy says of the text as it stands, and who will have to agree. */
export function VerdictPanel({ text, thread, check, error, waiting, onShow }: Props) {
  const { i18n, t } = useLingui()
  const empty = text.trim() === ''
  return (
    <section className="card col" aria-label={t`Policy`} aria-busy={waiting}>
      <div className="row spread">
        <h2>
          <Trans>What policy says</Trans>
        </h2>
        {check !== undefined && !empty && (
          <Badge tone={verdictWords[check.verdict].tone}>{i18n._(verdictWords[check.verdict].label)}</Badge>
        )}
      </div>
      <p id="findings-summary" role="status" className="muted">
        {empty || check === undefined ? (
          error === null && <Trans>Write, and the answer appears here as you type.</Trans>
        ) : (
          <Plural value={check.findings.length} _0="Nothing to mend." one="# finding" other="# findings" />
        )}
      </p>
      {error !== null && <Failure error={error} />}
      {check !== undefined && !empty && (
        <FindingsList findings={check.findings} text={text} thread={thread} onShow={onShow} />
      )}
      {check !== undefined && !empty && check.verdict !== 'block' && (
        <>
          <h3>
            <Trans>Who will approve</Trans>
          </h3>
          {check.requiredStages.length === 0 ? (
            <p>
              <Trans>Nobody: this goes straight through and may be sampled afterwards.</Trans>
            </p>
          ) : (
            <ol className="stages">
              {check.requiredStages.map((stage) => (
                <li key={stage.name}>
                  {stageName(stage.name)}
                  {stage.need > 1 && ` × ${stage.need}`}
                  {stage.qualification !== undefined && <span className="muted"> · {stage.qualification}</span>}
                </li>
              ))}
            </ol>
          )}
        </>
      )}
    </section>
  )
}
