import type { ReactNode } from 'react'
import { useLingui } from '@lingui/react/macro'
import type { Static } from 'typebox'
import type { RuleFigures } from '#shared/api/simulations.ts'
import { formatNumber } from '#web/util/format.ts'
import { useNarrow } from '#web/util/use-narrow.ts'
import { TableWrap } from './TableWrap.tsx'

type Figures = Static<typeof RuleFigures>

interface Props<R extends Figures> {
  readonly rules: readonly R[]
  /** One column more, where there is something to say of each rule. */
  readonly more?: { readonly title: string; readonly drawCell: (rule: R) => ReactNode }
}

/** How often each rule hit and what reviewers said of it. */
export function RuleFiguresTable<R extends Figures>({ rules, more }: Props<R>) {
  const { t, i18n } = useLingui()
  const narrow = useNarrow()
  const percent = new Intl.NumberFormat(i18n.locale, { style: 'percent', maximumFractionDigits: 0 })
  const precisionOf = ({ precision }: R) => (precision === null ? t`not judged` : percent.format(precision))
  if (rules.length === 0) return <p className="muted">{t`No rule hit anything.`}</p>
  if (narrow) return <RuleList rules={rules} more={more} precisionOf={precisionOf} />
  return (
    <TableWrap label={t`Figures of the rules`}>
      <table className="numbers">
        <thead>
          <tr>
            <th scope="col">{t`Rule`}</th>
            <th scope="col">{t`Hits`}</th>
            <th scope="col">{t`Right`}</th>
            <th scope="col">{t`Wrong`}</th>
            <th scope="col">{t`Precision`}</th>
            {more !== undefined && <th scope="col">{more.title}</th>}
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.ruleId}>
              <th scope="row">{rule.ruleId}</th>
              <td>{formatNumber(rule.hits)}</td>
              <td>{formatNumber(rule.judgedTrue)}</td>
              <td>{formatNumber(rule.judgedFalse)}</td>
              <td>{precisionOf(rule)}</td>
              {more !== undefined && <td>{more.drawCell(rule)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </TableWrap>
  )
}

/** The same on a phone, where a table of six columns would hide its last ones. */
function RuleList<R extends Figures>({
  rules,
  more,
  precisionOf,
}: Pick<Props<R>, 'rules'> & { readonly more: Props<R>['more']; readonly precisionOf: (rule: R) => string }) {
  const { t } = useLingui()
  return (
    <ul className="list" aria-label={t`Figures of the rules`}>
      {rules.map((rule) => (
        <li key={rule.ruleId} className="line">
          <span className="line-main">
            <strong>{rule.ruleId}</strong>
            <span className="small own-line">
              {[
                [t`Hits`, formatNumber(rule.hits)],
                [t`Right`, formatNumber(rule.judgedTrue)],
                [t`Wrong`, formatNumber(rule.judgedFalse)],
                [t`Precision`, precisionOf(rule)],
              ]
                .map((pair) => pair.join('\u00a0'))
                .join(' · ')}
            </span>
            {more?.drawCell(rule)}
          </span>
        </li>
      ))}
    </ul>
  )
}
