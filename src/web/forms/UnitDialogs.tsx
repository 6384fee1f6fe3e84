import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { createUnit, type Unit } from '#shared/api/identity.ts'
import { updateUnit } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { SelectField, TextField } from '#web/ui/fields.tsx'
import { foldAccents } from '#web/util/fold-accents.ts'

const spelling = /^[a-z0-9][a-z0-9-]{0,60}$/

/** A name as the provider's claim may write it: “Agence de Lyon” → `agence-de-lyon`. */
function toSlug(name: string): string {
  return foldAccents(name)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60)
}

/** Enters a unit below another. */
export function NewUnitDialog({ parent, onClose }: { parent: Unit; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [typed, setTyped] = useState<string>()
  const slug = typed ?? toSlug(name)
  const create = useMutation({
    mutationFn: () => call(createUnit, { body: { parentId: parent.unitId, name: name.trim(), slug } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['units'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={t`Add a unit below ${parent.name}`}
      confirm={t`Add it`}
      busy={create.isPending}
      ready={name.trim() !== '' && spelling.test(slug)}
      error={create.error}
      onClose={onClose}
      onSubmit={() => create.mutate()}
    >
      <TextField label={t`Name`} required maxLength={200} value={name} onChange={setName} />
      <TextField
        label={t`Short name`}
        hint={t`As your directory writes it; it never changes. Small letters, digits and hyphens.`}
        required
        maxLength={61}
        value={slug}
        onChange={setTyped}
      />
    </FormDialog>
  )
}

interface ChangeProps {
  readonly unit: Unit
  readonly units: readonly Unit[]
  readonly onClose: () => void
}

/** Renames a unit, or moves it with everything below. */
export function ChangeUnitDialog({ unit, units, onClose }: ChangeProps) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState(unit.name)
  const [parentId, setParentId] = useState(unit.parentId ?? '')
  const below = unitsBelow(unit, units)
  const moves = parentId !== (unit.parentId ?? '')
  const change = useMutation({
    mutationFn: () =>
      call(updateUnit, {
        params: { unitId: unit.unitId },
        body: { ...(name.trim() === unit.name ? {} : { name: name.trim() }), ...(moves ? { parentId } : {}) },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['units'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={t`Change ${unit.name}`}
      confirm={t`Change it`}
      busy={change.isPending}
      ready={name.trim() !== '' && (moves || name.trim() !== unit.name)}
      error={change.error}
      onClose={onClose}
      onSubmit={() => change.mutate()}
    >
      <TextField label={t`Name`} required maxLength={200} value={name} onChange={setName} />
      {unit.parentId !== null && (
        <SelectField
          label={t`Below`}
          value={parentId}
          onChange={setParentId}
          choices={units
            .filter(({ unitId }) => !below.has(unitId))
            .map(({ unitId, name: label }) => ({ value: unitId, label }))}
        />
      )}
      {moves && (
        <p>
          <Trans>
            Everything below moves with it: whoever holds a role on the new unit above reaches it from now on.
          </Trans>
        </p>
      )}
    </FormDialog>
  )
}

/** A unit and all below it: where it cannot be moved. */
function unitsBelow(unit: Unit, units: readonly Unit[]): ReadonlySet<string> {
  const found = new Set([unit.unitId])
  // Parents stand first in the answer.
  for (const { unitId, parentId } of units) if (parentId !== null && found.has(parentId)) found.add(unitId)
  return found
}
