import { useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { getPermissionsAt } from '#shared/api/people.ts'
import { rightsQuery } from '#web/api/people-queries.ts'
import { peopleByIdQuery, unitsQuery } from '#web/api/queries.ts'
import { DateField } from '#web/ui/DateField.tsx'
import { startOfDay } from '#web/util/calendar-day.ts'
import { formatTime, timeZone } from '#web/util/format.ts'
import { permissionName } from '#web/util/permission-words.ts'
import { roleWords } from '#web/util/role-words.ts'
import { useMay } from './permissions.ts'
import { Empty, QueryView } from './states.tsx'

type Rights = AnswerOf<typeof getPermissionsAt>

/** What a person could do at the end of a day, read from the records alone; without a day, now. */
export function PersonRights({ userId }: { userId: string }) {
  const { t } = useLingui()
  const [day, setDay] = useState('')
  const rights = useQuery(rightsQuery(userId, day === '' ? undefined : startOfDay(day, 1)))
  return (
    <section className="card col" aria-labelledby="rights">
      <div className="row spread">
        <h2 id="rights">
          <Trans>Effective rights</Trans>
        </h2>
        <DateField
          label={t`At the end of the day`}
          hint={day === '' ? t`Empty: now` : timeZone}
          value={day}
          onChange={setDay}
        />
      </div>
      <div className="col" aria-live="polite">
        <QueryView query={rights} rows={2}>
          {(found) => <RightsView rights={found} />}
        </QueryView>
      </div>
    </section>
  )
}

function RightsView({ rights }: { rights: Rights }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const units = useQuery(unitsQuery)
  const lenders = rights.roles.flatMap(({ delegatedBy }) => (delegatedBy === undefined ? [] : [delegatedBy]))
  const users = useQuery({ ...peopleByIdQuery(lenders), enabled: lenders.length > 0 })
  const unitName = (id: string) => units.data?.items.find(({ unitId }) => unitId === id)?.name ?? '…'
  const personName = (id: string) => users.data?.items.find(({ userId }) => userId === id)?.displayName ?? '…'
  if (rights.roles.length === 0)
    return (
      <Empty>
        {rights.active ? (
          <Trans>No role was held then: nothing could be done.</Trans>
        ) : (
          <Trans>The person could not sign in then.</Trans>
        )}
      </Empty>
    )
  return (
    <>
      <ul className="list" aria-label={t`Roles`}>
        {rights.roles.map((role) => (
          <li key={role.recordId + role.unitId} className="line">
            <span className="line-main">
              <strong>{i18n._(roleWords[role.role])}</strong> – {unitName(role.unitId)}
              <span className="muted small own-line">
                {t`since ${formatTime(role.since, true)}`}
                {role.delegatedBy !== undefined && <> · {t`lent by ${personName(role.delegatedBy)}`}</>}
              </span>
            </span>
            {may('archive.search') && (
              <Link className="small" to="/archive/$recordId" params={{ recordId: role.recordId }}>
                <Trans>The record</Trans>
              </Link>
            )}
          </li>
        ))}
      </ul>
      <details className="fold">
        <summary>{t`Permissions (${rights.permissions.length})`}</summary>
        <ul className="plain col">
          {rights.permissions.map(({ permission, unitIds }) => (
            <li key={permission}>
              {permissionName(permission)}
              <span className="muted small own-line">
                <Where names={unitIds.map(unitName)} />
              </span>
            </li>
          ))}
        </ul>
      </details>
    </>
  )
}

const namedUnits = 3

/** Where a right is held; of many units the first, for the roles above name them all. */
function Where({ names }: { names: readonly string[] }) {
  const more = names.length - namedUnits
  return (
    <>
      {names.slice(0, namedUnits).join(' · ')}
      {more > 0 && (
        <>
          {' · '}
          <Plural value={more} one="and # more unit" other="and # more units" />
        </>
      )}
    </>
  )
}
