import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { User } from '#shared/api/identity.ts'
import { peopleQuery, unitsQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { RoleChanges } from '#web/components/RoleChanges.tsx'
import { Empty, QueryView } from '#web/components/states.tsx'
import { RoleChangeDialog } from '#web/forms/RoleChangeDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextField } from '#web/ui/fields.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatNumber } from '#web/util/format.ts'
import { roleWords } from '#web/util/role-words.ts'
import { useDebounced } from '#web/util/use-debounced.ts'

/** So many people are drawn at once: a bank has ten thousand. */
const pageSize = 100

/** Who is here, which roles they hold on which unit, and the changes that wait for a second person. */
export function PeoplePage() {
  const { t } = useLingui()
  const may = useMay()
  const [sought, setSought] = useState('')
  const [changing, setChanging] = useState<User>()
  const q = useDebounced(sought.trim(), 250)
  const users = useInfiniteQuery({
    ...peopleQuery({ limit: pageSize, ...(q === '' ? {} : { q }) }),
    placeholderData: keepPreviousData,
  })
  const found = users.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHead
        title={t`People`}
        lead={
          <Trans>
            People come from your company’s directory; without a role, a person may do nothing. A role is given or taken
            by two people.
          </Trans>
        }
      />
      {may('role.approve') && <RoleChanges />}
      <QueryView query={users}>
        {({ pages: [first] }) => (
          <section className="col" aria-labelledby="people">
            <div className="row spread">
              <h2 id="people">
                <Trans>People ({formatNumber(first?.total ?? 0)})</Trans>
              </h2>
              <TextField label={t`Find a person`} value={sought} onChange={setSought} maxLength={200} />
            </div>
            {found.length === 0 ? (
              <Empty>
                <Trans>Nobody here has this name or address.</Trans>
              </Empty>
            ) : (
              <ul className="list" aria-labelledby="people">
                {found.map((user) => (
                  <PersonLine
                    key={user.userId}
                    user={user}
                    onChange={may('role.manage') && user.active ? () => setChanging(user) : undefined}
                  />
                ))}
              </ul>
            )}
            {users.hasNextPage && (
              <div className="row">
                <Button busy={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
                  <Trans>Show more</Trans>
                </Button>
                <span className="muted">
                  <Trans>
                    {formatNumber(found.length)} of {formatNumber(first?.total ?? 0)}: a name or an address finds the
                    others.
                  </Trans>
                </span>
              </div>
            )}
          </section>
        )}
      </QueryView>
      {changing !== undefined && <RoleChangeDialog user={changing} onClose={() => setChanging(undefined)} />}
    </>
  )
}

function PersonLine({ user, onChange }: { user: User; onChange: (() => void) | undefined }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const units = useQuery(unitsQuery)
  const unitName = (id: string) => units.data?.items.find((unit) => unit.unitId === id)?.name ?? '…'
  return (
    <li className="line">
      <span className="line-main">
        <strong>
          <Link to="/people/$userId" params={{ userId: user.userId }}>
            {user.displayName}
          </Link>
        </strong>
        <span className="small own-line">
          {user.roles.length === 0
            ? t`No role: may do nothing`
            : user.roles.map(({ role, unitId }) => `${i18n._(roleWords[role])} (${unitName(unitId)})`).join(' · ')}
        </span>
        <span className="muted small own-line">
          {[user.email ?? undefined, unitName(user.unitId)].filter((part) => part !== undefined).join(' · ')}
        </span>
      </span>
      <span className="row">
        {!user.active && <Badge tone="neutral">{t`Has left`}</Badge>}
        {may('archive.search') && (
          <Link className="small" to="/archive" search={{ actor: user.userId }}>
            <Trans>What they did</Trans>
          </Link>
        )}
        {onChange !== undefined && (
          <Button small onClick={onChange}>
            <Trans>Change roles…</Trans>
          </Button>
        )}
      </span>
    </li>
  )
}
