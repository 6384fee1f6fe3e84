import { useState } from 'react'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ListedUnit } from '#shared/api/identity.ts'
import { unitsQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Empty, QueryView } from '#web/components/states.tsx'
import { ChangeUnitDialog, NewUnitDialog } from '#web/forms/UnitDialogs.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextField } from '#web/ui/fields.tsx'
import { foldAccents } from '#web/util/fold-accents.ts'
import { formatNumber } from '#web/util/format.ts'

type Wish = { readonly what: 'new' | 'change'; readonly unit: ListedUnit }

/** The tree of units: a role that is held on one counts there and in every unit below. */
export function UnitsPage() {
  const { t } = useLingui()
  const units = useQuery(unitsQuery)
  const [wish, setWish] = useState<Wish>()
  const [sought, setSought] = useState('')
  return (
    <>
      <PageHead
        title={t`Units`}
        lead={<Trans>A role that is held on a unit counts there and in every unit below it.</Trans>}
      />
      <QueryView query={units}>
        {({ items }) => {
          const found = findUnits(items, sought)
          const known = new Set(found.map(({ unitId }) => unitId))
          // The reader's own top: the firm, or the unit that they administer.
          const tops = found.filter(({ parentId }) => parentId === null || !known.has(parentId))
          return (
            <div className="card col">
              <div className="row spread">
                <h2>
                  <Trans>Units ({formatNumber(items.length)})</Trans>
                </h2>
                <TextField label={t`Find a unit`} value={sought} onChange={setSought} maxLength={200} />
              </div>
              {found.length === 0 ? (
                <Empty>
                  <Trans>No unit has this name.</Trans>
                </Empty>
              ) : (
                <ul className="tree" aria-label={t`Units`}>
                  {tops.map((top) => (
                    <Branch key={top.unitId} unit={top} units={found} onWish={setWish} />
                  ))}
                </ul>
              )}
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

/** The units that have the name, with those above them: where each stands stays in sight. */
function findUnits(units: readonly ListedUnit[], sought: string): readonly ListedUnit[] {
  const wanted = foldAccents(sought.trim())
  if (wanted === '') return units
  const byId = new Map(units.map((unit) => [unit.unitId, unit]))
  const kept = new Set<string>()
  for (const unit of units) {
    if (!foldAccents(`${unit.name} ${unit.slug}`).includes(wanted)) continue
    for (
      let at: ListedUnit | undefined = unit;
      at !== undefined && !kept.has(at.unitId);
      at = byId.get(at.parentId ?? '')
    )
      kept.add(at.unitId)
  }
  return units.filter(({ unitId }) => kept.has(unitId))
}

interface BranchProps {
  readonly unit: ListedUnit
  readonly units: readonly ListedUnit[]
  readonly onWish: (wish: Wish) => void
}

function Branch({ unit, units, onWish }: BranchProps) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const below = units
    .filter(({ parentId }) => parentId === unit.unitId)
    .toSorted((a, b) => a.name.localeCompare(b.name, i18n.locale, { numeric: true }))
  return (
    <li>
      <div className="row spread">
        <span className="line-main">
          <strong className="own-line">{unit.name}</strong>
          <span className="muted small">
            {unit.slug} · <Plural value={unit.people} one="# person" other="# people" />
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
