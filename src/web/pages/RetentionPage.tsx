import { useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { extendRetention, type ErasureAnswer, type RetentionClass } from '#shared/api/holds.ts'
import { call } from '#web/api/call.ts'
import { retentionQuery } from '#web/api/archive-queries.ts'
import { ErasureResult } from '#web/components/ErasureResult.tsx'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Empty, QueryView } from '#web/components/states.tsx'
import { TableWrap } from '#web/components/TableWrap.tsx'
import { AnswerErasureDialog } from '#web/forms/AnswerErasureDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextArea, TextField } from '#web/ui/fields.tsx'
import { basisName, jurisdictionName } from '#web/util/basis-words.ts'
import { formatMonth, formatNumber, formatTime } from '#web/util/format.ts'
import { retentionName } from '#web/util/retention-words.ts'
import { useNarrow } from '#web/util/use-narrow.ts'

/** How long each kind of content is kept and by which law, what was destroyed, and the answers to erasure requests. */
export function RetentionPage() {
  const { t } = useLingui()
  const may = useMay()
  const retention = useQuery(retentionQuery)
  const [lengthening, setLengthening] = useState<RetentionClass>()
  const [asked, setAsked] = useState(false)
  const [answer, setAnswer] = useState<ErasureAnswer>()
  return (
    <>
      <PageHead
        title={t`Retention`}
        lead={
          <Trans>
            Content in the archive is destroyed when its retention ends and no hold covers it; its trace in the log
            stays.
          </Trans>
        }
      >
        <Link to="/archive" search={{ type: 'erasure.answered' }}>
          <Trans>Answers given</Trans>
        </Link>
        {may('retention.manage') && (
          <Button onClick={() => setAsked(true)}>
            <Trans>Answer an erasure request</Trans>
          </Button>
        )}
      </PageHead>
      {answer !== undefined && <ErasureResult answer={answer} />}
      <QueryView query={retention}>
        {({ classes, dispositions }) => (
          <>
            <h2>
              <Trans>Retention classes</Trans>
            </h2>
            <Classes classes={classes} onLengthen={may('retention.manage') ? setLengthening : undefined} />
            <h2>
              <Trans>What was destroyed</Trans>
            </h2>
            {dispositions.length === 0 ? (
              <Empty>
                <Trans>Nothing was destroyed yet. Each month that is destroyed leaves a certificate here.</Trans>
              </Empty>
            ) : (
              <ul className="list" aria-label={t`What was destroyed`}>
                {dispositions.map((done) => (
                  <li key={done.certificateId + done.month} className="line">
                    <span className="line-main">
                      <strong>{formatMonth(done.month)}</strong>
                      <span>
                        {' – '}
                        <Plural
                          value={done.bodies}
                          one="# content destroyed"
                          other={`${formatNumber(done.bodies)} contents destroyed`}
                        />
                      </span>
                      <span className="small own-line">{done.reason}</span>
                      <span className="muted small own-line">{formatTime(done.disposedAt, true)}</span>
                    </span>
                    <Link className="small" to="/archive/$recordId" params={{ recordId: done.certificateId }}>
                      <Trans>Certificate</Trans>
                    </Link>
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </QueryView>
      {lengthening !== undefined && <LengthenDialog found={lengthening} onClose={() => setLengthening(undefined)} />}
      {asked && <AnswerErasureDialog onClose={() => setAsked(false)} onAnswer={setAnswer} />}
    </>
  )
}

interface ClassesProps {
  readonly classes: readonly RetentionClass[]
  readonly onLengthen: ((found: RetentionClass) => void) | undefined
}

function Classes({ classes, onLengthen }: ClassesProps) {
  const { t } = useLingui()
  if (useNarrow()) return <ClassList classes={classes} onLengthen={onLengthen} />
  return (
    <TableWrap label={t`Retention classes`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t`Class`}</th>
            <th scope="col">{t`Period`}</th>
            <th scope="col">{t`Jurisdiction`}</th>
            <th scope="col">{t`Legal basis`}</th>
            <th scope="col">{t`Records, about`}</th>
            {onLengthen !== undefined && (
              <th scope="col">
                <span className="vh">{t`Actions`}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {classes.map((found) => (
            <tr key={found.name}>
              <th scope="row">
                {retentionName(found.name)} <code className="muted small own-line">{found.name}</code>
              </th>
              <td>
                <Period years={found.years} />
              </td>
              <td>{jurisdictionName(found.jurisdiction)}</td>
              <td>{basisName(found.basis)}</td>
              <td>{formatNumber(found.records)}</td>
              {onLengthen !== undefined && (
                <td>
                  {found.years !== null && (
                    <Button small onClick={() => onLengthen(found)}>
                      <Trans>Lengthen…</Trans>
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableWrap>
  )
}

/** The same on a phone, where a table of six columns would hide its last ones. */
function ClassList({ classes, onLengthen }: ClassesProps) {
  const { t } = useLingui()
  return (
    <ul className="list" aria-label={t`Retention classes`}>
      {classes.map((found) => (
        <li key={found.name} className="line">
          <span className="line-main">
            <strong>{retentionName(found.name)}</strong> – <Period years={found.years} />
            <code className="muted small own-line">{found.name}</code>
            <span className="small own-line">{basisName(found.basis)}</span>
            <span className="muted small own-line">
              {jurisdictionName(found.jurisdiction)}
              {' · '}
              <Plural
                value={found.records}
                one="about # record"
                other={`about ${formatNumber(found.records)} records`}
              />
            </span>
          </span>
          {onLengthen !== undefined && found.years !== null && (
            <span className="row">
              <Button small onClick={() => onLengthen(found)}>
                <Trans>Lengthen…</Trans>
              </Button>
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

function Period({ years }: { years: number | null }) {
  return years === null ? <Trans>without end</Trans> : <Plural value={years} one="# year" other="# years" />
}

function LengthenDialog({ found, onClose }: { found: RetentionClass; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const now = found.years ?? 0
  const [years, setYears] = useState(String(now + 1))
  const [reason, setReason] = useState('')
  const lengthen = useMutation({
    mutationFn: () =>
      call(extendRetention, { params: { name: found.name }, body: { years: Number(years), reason: reason.trim() } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['retention'] })
      onClose()
    },
  })
  const longer = Number.isInteger(Number(years)) && Number(years) > now && Number(years) <= 100
  return (
    <FormDialog
      title={t`Lengthen “${retentionName(found.name)}”`}
      confirm={t`Lengthen it`}
      busy={lengthen.isPending}
      ready={longer && reason.trim() !== ''}
      error={lengthen.error}
      onClose={onClose}
      onSubmit={() => lengthen.mutate()}
    >
      <p>
        <Trans>It is kept for {now} years now. It can be lengthened, and never shortened again.</Trans>
      </p>
      <TextField
        label={t`Years`}
        type="number"
        required
        value={years}
        onChange={setYears}
        error={longer ? undefined : t`Between ${now + 1} and 100 years`}
      />
      <TextArea label={t`Reason`} hint={t`It is kept in the archive.`} required value={reason} onChange={setReason} />
    </FormDialog>
  )
}
