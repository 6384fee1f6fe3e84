import { memo } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import type { Finding } from '#shared/api/policies.ts'
import type { Language } from '#shared/api/common.ts'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { severityWords } from '#web/util/words.ts'

const ranks = { block: 0, review: 1, note: 2 }

interface Props {
  readonly findings: readonly Finding[]
  readonly text: string
  readonly onShow?: ((finding: Finding) => void) | undefined
}

/** What policy found, the worst first: where, why, by which clause, and how to mend it. */
export const FindingsList = memo(function FindingsList({ findings, text, onShow }: Props) {
  const { i18n } = useLingui()
  const language: Language = i18n.locale === 'fr' ? 'fr' : 'en'
  const sorted = findings.toSorted((a, b) => ranks[a.severity] - ranks[b.severity])
  return (
    <ol className="findings">
      {sorted.map((finding, index) => (
        <li key={`${finding.ruleId}-${index}`} className={`finding tone-edge-${finding.severity}`}>
          <div className="row spread">
            <Badge tone={severityWords[finding.severity].tone}>{i18n._(severityWords[finding.severity].label)}</Badge>
            {onShow !== undefined && finding.spans.some((span) => span.field === 'text') && (
              <Button small kind="plain" onClick={() => onShow(finding)}>
                <Trans>Show</Trans>
              </Button>
            )}
          </div>
          <p className="finding-what">{finding.messages[language]}</p>
          <Quotes finding={finding} text={text} />
          {finding.suggestions !== undefined && (
            <p>
              <strong>
                <Trans>How to mend it:</Trans>
              </strong>{' '}
              {finding.suggestions[language]}
            </p>
          )}
          <p className="muted small">
            {[finding.clause, finding.ruleId].filter((part) => part !== undefined).join(' · ')}
            {finding.via !== undefined && finding.via !== 'plain' && (
              <>
                {' · '}
                <Trans>written in disguise ({finding.via})</Trans>
              </>
            )}
          </p>
        </li>
      ))}
    </ol>
  )
})

function Quotes({ finding, text }: { finding: Finding; text: string }) {
  const quotes = [
    ...new Set(finding.spans.filter((span) => span.field === 'text').map((span) => text.slice(span.start, span.end))),
  ]
    .filter((quote) => quote !== '')
    .slice(0, 3)
  if (quotes.length === 0) return null
  return (
    <p>
      {quotes.map((quote) => (
        <q key={quote} className={`quote tone-${finding.severity}`}>
          {quote}
        </q>
      ))}
    </p>
  )
}
