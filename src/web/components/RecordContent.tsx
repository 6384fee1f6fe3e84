import { Fragment, type ReactNode } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { peopleByIdQuery, unitsQuery } from '#web/api/queries.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { formatNumber, formatTime } from '#web/util/format.ts'
import { permissionName } from '#web/util/permission-words.ts'
import { shortVersion } from '#web/util/policy-words.ts'
import { qualificationName } from '#web/util/qualification-words.ts'
import { recordFacts, type RecordFacts } from '#web/util/record-facts.ts'
import { recordWords } from '#web/util/record-words.ts'
import { roleWords } from '#web/util/role-words.ts'
import { classWords, networkName, stageName, verdictWords } from '#web/util/words.ts'
import { FindingsList } from './FindingsList.tsx'
import { HoldScope } from './HoldScope.tsx'
import { useMay } from './permissions.ts'

/** What a record says, for a person; the whole of it, byte for byte, stays one click below. */
export function RecordContent({ type, content }: { type: string; content: unknown }) {
  const { t } = useLingui()
  const facts = recordFacts(content)
  const rows = useRows(type, facts)
  return (
    <>
      {facts.text !== undefined && (
        <p className="post" {...(facts.language === undefined ? {} : { lang: facts.language })}>
          {facts.text}
        </p>
      )}
      {rows.length > 0 && (
        <dl className="kv">
          {rows.map(({ label, value }) => (
            <Fragment key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </Fragment>
          ))}
        </dl>
      )}
      {facts.findings.length > 0 && (
        <>
          <h3>
            <Trans>What policy found</Trans>
          </h3>
          <FindingsList findings={facts.findings} text={facts.text ?? ''} />
        </>
      )}
      <details className="fold">
        <summary>
          <Trans>The whole content, as recorded</Trans>
        </summary>
        <pre className="raw" tabIndex={0} aria-label={t`Content`}>
          {JSON.stringify(content, null, 2)}
        </pre>
      </details>
    </>
  )
}

/** What was done to somebody; elsewhere the one named is who did it. */
const aboutPeople = /^(role|user|qualification|delegation)\./

function useRows(type: string, facts: RecordFacts): { label: string; value: ReactNode }[] {
  const { t, i18n } = useLingui()
  const verdict = verdictWords[facts.verdict as keyof typeof verdictWords] as
    | (typeof verdictWords)[keyof typeof verdictWords]
    | undefined
  const inClass = classWords[facts.communicationClass as keyof typeof classWords] as
    | (typeof classWords)[keyof typeof classWords]
    | undefined
  const rows: { label: string; value: ReactNode }[] = [
    { label: t`Networks`, value: facts.networks.length === 0 ? undefined : facts.networks.map(networkName).join(', ') },
    { label: t`Communication class`, value: inClass === undefined ? undefined : i18n._(inClass) },
    { label: t`Planned for`, value: facts.scheduledAt === undefined ? undefined : formatTime(facts.scheduledAt, true) },
    {
      label: t`Verdict`,
      value: verdict === undefined ? undefined : <Badge tone={verdict.tone}>{i18n._(verdict.label)}</Badge>,
    },
    {
      label: t`Decision`,
      value: type === 'review.decided' ? i18n._(recordWords(type, { outcome: facts.outcome })) : undefined,
    },
    { label: t`Stage`, value: facts.stage === undefined ? undefined : stageName(facts.stage) },
    { label: t`Reason`, value: facts.reason },
    { label: t`In words`, value: facts.sentence },
    {
      label: t`Policy version`,
      value: facts.policyVersion === undefined ? undefined : <Version version={facts.policyVersion} />,
    },
    {
      label: t`Seen at`,
      value: facts.permalink === undefined ? undefined : <a href={facts.permalink}>{facts.permalink}</a>,
    },
    {
      label: t`Missing permission`,
      value: facts.permission === undefined ? undefined : permissionName(facts.permission),
    },
    { label: t`Address asked for`, value: facts.path },
    { label: t`Selection`, value: facts.filter === undefined ? undefined : <HoldScope scope={facts.filter} /> },
    {
      label: t`Found`,
      value: facts.total === undefined ? undefined : <Total total={facts.total} estimate={facts.totalIsEstimate} />,
    },
    { label: t`Recipient`, value: facts.recipient },
    {
      label: t`Person`,
      value: facts.personId === undefined || !aboutPeople.test(type) ? undefined : <PersonOf userId={facts.personId} />,
    },
    {
      label: aboutPeople.test(type) ? t`Role` : t`Roles at that time`,
      value: facts.roles.length === 0 ? undefined : <Roles roles={facts.roles} />,
    },
    {
      label: t`Qualification`,
      value: facts.qualification === undefined ? undefined : qualificationName(facts.qualification),
    },
    {
      label: t`Records checked`,
      value: facts.recordsChecked === undefined ? undefined : formatNumber(facts.recordsChecked),
    },
    { label: t`What was opened`, value: type === 'archive.viewed' ? <Opened facts={facts} /> : undefined },
  ]
  return rows.filter(({ value }) => value !== undefined)
}

function Version({ version }: { version: string }) {
  const may = useMay()
  const name = <code>{shortVersion(version)}</code>
  return may('policy.read') ? (
    <Link to="/policies/$version" params={{ version }}>
      {name}
    </Link>
  ) : (
    name
  )
}

function Total({ total, estimate }: { total: number; estimate: boolean }) {
  return (
    <>
      {estimate && '≈ '}
      <Plural value={total} one="# record" other={`${formatNumber(total)} records`} />
    </>
  )
}

function Roles({ roles }: { roles: RecordFacts['roles'] }) {
  const { i18n } = useLingui()
  const may = useMay()
  const units = useQuery({ ...unitsQuery, enabled: may('unit.read') })
  return roles
    .map(({ role, unitId }) => {
      const unit = units.data?.items.find((one) => one.unitId === unitId)?.name
      const name = role in roleWords ? i18n._(roleWords[role as keyof typeof roleWords]) : role
      return unit === undefined ? name : `${name} (${unit})`
    })
    .join(', ')
}

function PersonOf({ userId }: { userId: string }) {
  const may = useMay()
  const users = useQuery({ ...peopleByIdQuery([userId]), enabled: may('user.read') })
  const name = users.data?.items.find((user) => user.userId === userId)?.displayName
  return name === undefined ? (
    <code>{userId}</code>
  ) : (
    <Link to="/people/$userId" params={{ userId }}>
      {name}
    </Link>
  )
}

function Opened({ facts: { seenRecordId, seenPostId } }: { facts: RecordFacts }) {
  if (seenRecordId !== undefined)
    return (
      <Link to="/archive/$recordId" params={{ recordId: seenRecordId }}>
        <Trans>One record</Trans>
      </Link>
    )
  if (seenPostId === undefined) return '–'
  return (
    <Link to="/archive/posts/$postId" params={{ postId: seenPostId }}>
      <Trans>The life of a post</Trans>
    </Link>
  )
}
