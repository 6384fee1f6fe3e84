import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { ErasureAnswer } from '#shared/api/holds.ts'
import { Badge, Notice } from '#web/ui/Notice.tsx'
import { basisName } from '#web/util/basis-words.ts'
import { formatDay, formatNumber } from '#web/util/format.ts'
import { retentionName } from '#web/util/retention-words.ts'
import { TableWrap } from './TableWrap.tsx'

/** What becomes of the content that somebody asked to erase, with the basis of each refusal and the day on which it will go. */
export function ErasureResult({ answer }: { answer: ErasureAnswer }) {
  const { t } = useLingui()
  return (
    <section className="col" aria-label={t`The answer`}>
      <Notice
        tone="ok"
        title={
          <Plural
            value={answer.total}
            one="The request is answered: # record concerned"
            other={`The request is answered: ${formatNumber(answer.total)} records concerned`}
          />
        }
        action={
          <Link to="/archive/$recordId" params={{ recordId: answer.recordId }}>
            <Trans>Its record</Trans>
          </Link>
        }
      >
        {answer.total === 0 ? (
          <Trans>Nothing in the archive matches, so nothing is kept.</Trans>
        ) : (
          <Trans>
            Destroyed means: in the archive. The working copy of a post (its text, comments and reasons) stays in the
            database until this gateway can destroy that too.
          </Trans>
        )}
      </Notice>
      {answer.groups.length > 0 && (
        <TableWrap label={t`What becomes of each record`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t`Outcome`}</th>
                <th scope="col">{t`Records`}</th>
                <th scope="col">{t`Retention class`}</th>
                <th scope="col">{t`Legal basis`}</th>
                <th scope="col">{t`Destroyed from`}</th>
              </tr>
            </thead>
            <tbody>
              {answer.groups.map((group) => (
                <tr key={[group.outcome, group.retentionClass, group.until, group.held].join(' ')}>
                  <td>
                    {group.outcome === 'erased' ? (
                      <Badge tone="ok">{t`Destroyed`}</Badge>
                    ) : (
                      <Badge tone="hold">{t`Kept`}</Badge>
                    )}
                  </td>
                  <td>{formatNumber(group.records)}</td>
                  <td>{retentionName(group.retentionClass)}</td>
                  <td>{basisName(group.basis)}</td>
                  <td>
                    {group.outcome === 'erased' ? (
                      <Trans>destroyed already</Trans>
                    ) : group.held ? (
                      <Trans>once the legal hold is released</Trans>
                    ) : group.until === null ? (
                      <Trans>never: kept permanently</Trans>
                    ) : (
                      formatDay(group.until.slice(0, 10))
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableWrap>
      )}
    </section>
  )
}
