import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { User } from '#shared/api/identity.ts'
import { requestRoleChange } from '#shared/api/people.ts'
import { roles, type Role } from '#shared/permissions.ts'
import { call } from '#web/api/call.ts'
import { unitsQuery } from '#web/api/queries.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { SelectField, TextArea } from '#web/ui/fields.tsx'
import { roleWords } from '#web/util/role-words.ts'

/** Asks for a role to be given or taken; nothing changes until a second person approves. */
export function RoleChangeDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const units = useQuery(unitsQuery)
  const [action, setAction] = useState<'grant' | 'revoke'>('grant')
  const [role, setRole] = useState<Role>('author')
  const [unitId, setUnitId] = useState(user.unitId)
  const [held, setHeld] = useState('0')
  const [reason, setReason] = useState('')
  const unitName = (id: string) => units.data?.items.find((unit) => unit.unitId === id)?.name ?? '…'
  const taken = user.roles[Number(held)]
  const ask = useMutation({
    mutationFn: () =>
      call(requestRoleChange, {
        body: {
          userId: user.userId,
          action,
          reason: reason.trim(),
          ...(action === 'revoke' && taken !== undefined ? taken : { role, unitId }),
        },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['role-changes'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={t`Change the roles of ${user.displayName}`}
      confirm={t`Ask for it`}
      busy={ask.isPending}
      ready={reason.trim() !== ''}
      error={ask.error}
      onClose={onClose}
      onSubmit={() => ask.mutate()}
    >
      <p>
        <Trans>Nothing changes until a second person approves.</Trans>
      </p>
      {user.roles.length > 0 && (
        <SelectField
          label={t`Change`}
          value={action}
          onChange={(value) => setAction(value === 'revoke' ? 'revoke' : 'grant')}
          choices={[
            { value: 'grant', label: t`Give a role` },
            { value: 'revoke', label: t`Take a role away` },
          ]}
        />
      )}
      {action === 'revoke' ? (
        <SelectField
          label={t`Role`}
          value={held}
          onChange={setHeld}
          choices={user.roles.map((one, index) => ({
            value: String(index),
            label: `${i18n._(roleWords[one.role])} (${unitName(one.unitId)})`,
          }))}
        />
      ) : (
        <>
          <SelectField
            label={t`Role`}
            value={role}
            onChange={(value) => setRole(value as Role)}
            choices={roles.map((value) => ({ value, label: i18n._(roleWords[value]) }))}
          />
          <SelectField
            label={t`Unit`}
            hint={t`The role counts there and in every unit below.`}
            value={unitId}
            onChange={setUnitId}
            choices={(units.data?.items ?? []).map((unit) => ({ value: unit.unitId, label: unit.name }))}
          />
        </>
      )}
      <TextArea label={t`Reason`} hint={t`It is kept in the archive.`} required value={reason} onChange={setReason} />
    </FormDialog>
  )
}
