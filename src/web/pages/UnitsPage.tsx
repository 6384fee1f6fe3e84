import { useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { Unit } from '#shared/api/identity.ts'
import { unitsQuery, usersQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { QueryView } from '#web/components/states.tsx'
import { ChangeUnitDialog, NewUnitDialog } from '#web/forms/UnitDialogs.tsx'
import { Button } from '#web/ui/Button.tsx'

type Wish = { readonly what: 'new' | 'change'; readonly unit: Unit }

/** The tree of units: a role that is held on one counts there and in every unit below. */
export function UnitsPage() {
  const { t } = useLingui()
  const units = useQuery(unitsQuery)
  const [wish, setWish] = useState<Wish>()
  return (
    <>
      <PageHead
        title={t`Units`}
        lead={<Trans>A role that is held on a unit counts there and in every unit below it.</Trans>}
      />
      <QueryView query={units}>
        {({ items }) => {
          const known = new Set(items.map(({ unitId }) => unitId))
          // The reader's own top: the firm, or the unit that they administer.
          const tops = items.filter(({ parentId }) => parentId === null || !known.has(parentId))
          return (
            <div className="card">
              <ul className="tree" aria-label={t`Units`}>
                {tops.map((top) => (
                  <Branch key={top.unitId} unit={top} units={items} onWish={setWish} />
                ))}
              </ul>
              {wish?.what === 'new' && <NewUnitDialog parent={wish.unit} onClose={() => setWish(undefined)} />}
              {wish?.what === 'change' && (
                <ChangeUnitDialog unit={wish.unit} units={items} onClose={() => setWish(undefined)} />
              )}
            </div>
          )
        }}
      </QueryView>
    </>
  )
}

interface BranchProps {
  readonly unit: Unit
  readonly units: readonly Unit[]
  readonly onWish: (wish: Wish) => void
}

function Branch({ unit, units, onWish }: BranchProps) {
  const { t } = useLingui()
  const may = useMay()
  const users = useQuery({ ...usersQuery, enabled: may('user.read') })
  const people = (users.data?.items ?? []).filter((user) => user.active && user.unitId === unit.unitId).length
  const below = units
    .filter(({ parentId }) => parentId === unit.unitId)
    .toSorted((a, b) => a.name.localeCompare(b.name))
  return (
    <li>
      <div className="row spread">
        <span className="line-main">
          <strong className="own-line">{unit.name}</strong>
          <span className="muted small">
            {unit.slug} · <Plural value={people} one="# person" other="# people" />
          </span>
        </span>
        {may('unit.manage') && (
          <span className="row">
            <Button small title={t`Add a unit below ${unit.name}`} onClick={() => onWish({ what: 'new', unit })}>
              <Trans>Add below…</Trans>
            </Button>
            <Button small title={t`Change ${unit.name}`} onClick={() => onWish({ what: 'change', unit })}>
              <Trans>Change…</Trans>
            </Button>
          </span>
        )}
      </div>
      {below.length > 0 && (
        <ul>
          {below.map((child) => (
            <Branch key={child.unitId} unit={child} units={units} onWish={onWish} />
          ))}
        </ul>
      )}
    </li>
  )
}
