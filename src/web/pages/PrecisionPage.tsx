import { useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { readPrecision } from '#shared/api/simulations.ts'
import { precisionQuery } from '#web/api/policy-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { RuleFiguresTable } from '#web/components/RuleFiguresTable.tsx'
import { Empty, QueryView } from '#web/components/states.tsx'
import { SimulateDialog } from '#web/forms/SimulateDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { SelectField } from '#web/ui/fields.tsx'
import { formatTime } from '#web/util/format.ts'

const day = 86_400_000

interface Exclusion {
  readonly ruleId: string
  readonly unless: string
}

/** How right each rule was in reviewers’ eyes, what it cost them, and what would spare its wrong hits. */
export function PrecisionPage() {
  const { t } = useLingui()
  const [days, setDays] = useState('90')
  const [from, setFrom] = useState(() => since('90'))
  const [trying, setTrying] = useState<Exclusion>()
  const precision = useQuery(precisionQuery(from === undefined ? {} : { from }))
  return (
    <>
      <PageHead
        title={t`Precision of the rules`}
        lead={
          <Trans>What reviewers said of each rule’s hits when they closed a review, and the time it took them.</Trans>
        }
      >
        <Link to="/policies">
          <Trans>All versions</Trans>
        </Link>
      </PageHead>
      <div className="filters">
        <SelectField
          label={t`Period`}
          value={days}
          onChange={(value) => {
            setDays(value)
            setFrom(since(value))
          }}
          choices={[
            { value: '30', label: t`The last 30 days` },
            { value: '90', label: t`The last 90 days` },
            { value: '365', label: t`The last year` },
            { value: '', label: t`Everything` },
          ]}
        />
      </div>
      <QueryView query={precision}>
        {({ rules, suggestedFrom }) =>
          rules.length === 0 ? (
            <Empty>
              <Trans>No rule found anything in this period.</Trans>
            </Empty>
          ) : (
            <>
              <RuleFiguresTable
                rules={rules}
                more={{
                  title: t`Minutes, and what would spare wrong hits`,
                  drawCell: drawCost(setTrying),
                }}
              />
              {suggestedFrom !== null && (
                <p className="muted small">
                  <Trans>
                    What would spare wrong hits is drawn from the judged hits since {formatTime(suggestedFrom)}.
                  </Trans>
                </p>
              )}
            </>
          )
        }
      </QueryView>
      {trying !== undefined && <SimulateDialog draft={{ exclusions: [trying] }} onClose={() => setTrying(undefined)} />}
    </>
  )
}

type Rule = AnswerOf<typeof readPrecision>['rules'][number]

/** Draws the last column; apart from the page, so that it is the same function at every draw. */
function drawCost(onTry: (exclusion: Exclusion) => void) {
  return (rule: Rule) => <Cost rule={rule} onTry={onTry} />
}

function Cost({ rule, onTry }: { rule: Rule; onTry: (exclusion: Exclusion) => void }) {
  return (
    <div className="col">
      <span>
        <Plural value={Math.round(rule.reviewerMinutes)} one="# minute of reviewers" other="# minutes of reviewers" />
      </span>
      {rule.exclusions.map(({ unless, falseHits }) => (
        <span key={unless} className="row">
          <span>
            <code>unless: {unless}</code>{' '}
            <span className="muted small">
              <Plural value={falseHits} one="# wrong hit" other="# wrong hits" />
            </span>
          </span>
          <Button small onClick={() => onTry({ ruleId: rule.ruleId, unless })}>
            <Trans>Simulate “{unless}”</Trans>
          </Button>
        </span>
      ))}
    </div>
  )
}

function since(days: string): string | undefined {
  return days === '' ? undefined : new Date(Date.now() - Number(days) * day).toISOString()
}
