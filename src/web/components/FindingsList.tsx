import { memo, useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import type { Finding } from '#shared/api/policies.ts'
import type { Language } from '#shared/api/common.ts'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { clauseName } from '#web/util/clause-words.ts'
import { disguiseName } from '#web/util/disguise-words.ts'
import { severityWords } from '#web/util/words.ts'

const alone: readonly string[] = []
/** So many are drawn at once: what stands below must stay within reach. */
const shownAtFirst = 40
const ranks = { block: 0, review: 1, note: 2 }

interface Props {
  readonly findings: readonly Finding[]
  readonly text: string
  readonly thread?: readonly string[] | undefined
  readonly onShow?: ((finding: Finding) => void) | undefined
}

/** What policy found, the worst first: where, why, by which clause, and how to mend it. */
export const FindingsList = memo(function FindingsList({ findings, text, thread = alone, onShow }: Props) {
  const { i18n } = useLingui()
  const [all, setAll] = useState(false)
  const language: Language = i18n.locale === 'fr' ? 'fr' : 'en'
  const sorted = findings.toSorted((a, b) => ranks[a.severity] - ranks[b.severity])
  const shown = all ? sorted : sorted.slice(0, shownAtFirst)
  return (
    <>
      <ol className="findings">
        {shown.map((finding, index) => (
          <li key={`${finding.ruleId}-${index}`} className={`finding tone-edge-${finding.severity}`}>
            <div className="row spread">
              <Badge tone={severityWords[finding.severity].tone}>{i18n._(severityWords[finding.severity].label)}</Badge>
              {onShow !== undefined &&
                finding.spans.some(({ field }) => field === 'text' || field.startsWith('alt:')) && (
                  <Button small kind="plain" onClick={() => onShow(finding)}>
                    <Trans>Show</Trans>
                  </Button>
                )}
            </div>
            <p className="finding-what">{finding.messages[language]}</p>
            <Quotes finding={finding} items={[text, ...thread]} />
            {finding.suggestions !== undefined && (
              <p>
                <strong>
                  <Trans>How to mend it:</Trans>
                </strong>{' '}
                {finding.suggestions[language]}
              </p>
            )}
            <p className="muted small">
              {[finding.clause && clauseName(finding.clause), finding.ruleId].filter(Boolean).join(' · ')}
              {finding.via !== undefined && finding.via !== 'plain' && (
                <>
                  {' · '}
                  <Trans>written in disguise ({disguiseName(finding.via)})</Trans>
                </>
              )}
            </p>
          </li>
        ))}
      </ol>
      {shown.length < sorted.length && (
        <div>
          <Button onClick={() => setAll(true)}>
            <Plural value={sorted.length - shown.length} one="Show # more finding" other="Show # more findings" />
          </Button>
        </div>
      )}
    </>
  )
})

function Quotes({ finding, items }: { finding: Finding; items: readonly string[] }) {
  const spans = finding.spans
    .filter((span) => span.field === 'text' || span.item !== undefined)
    .map(({ item = 0, start, end }) => ({ item, quote: (items[item] ?? '').slice(start, end) }))
  const quotes = [...new Set(spans.map(({ quote }) => quote))].filter((quote) => quote !== '').slice(0, 3)
  const places = [...new Set(spans.map(({ item }) => item + 1))].join(', ')
  if (quotes.length === 0) return null
  return (
    <p>
      {items.length > 1 && (
        <span className="muted small">
          <Trans>Item {places}:</Trans>{' '}
        </span>
      )}
      {quotes.map((quote) => (
        <q key={quote} className={`quote tone-${finding.severity}`}>
          {quote}
        </q>
      ))}
    </p>
  )
}
