import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { createToken, type Me } from '#shared/api/identity.ts'
import type { Permission } from '#shared/permissions.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { SecretDialog } from '#web/components/SecretDialog.tsx'
import { permissionName } from '#web/util/permission-words.ts'
import { CheckField, SelectField, TextField } from '#web/ui/fields.tsx'

const lifetimes = [30, 90, 180, 365] as const

/** Makes a token and shows it once. */
export function NewTokenDialog({ me, onClose }: { me: Me; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [scopes, setScopes] = useState<ReadonlySet<Permission>>(new Set())
  const create = useMutation({
    mutationFn: () =>
      call(createToken, { body: { name: name.trim(), scopes: [...scopes], expiresInDays: Number(days) } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  })
  if (create.data !== undefined) {
    return <SecretDialog title={t`Your new token`} secret={create.data.token} onClose={onClose} />
  }
  const toggle = (scope: Permission) => (on: boolean) =>
    setScopes(new Set(on ? [...scopes, scope] : [...scopes].filter((other) => other !== scope)))
  return (
    <FormDialog
      title={t`New API token`}
      confirm={t`Make the token`}
      busy={create.isPending}
      ready={name.trim() !== '' && scopes.size > 0}
      error={create.error}
      onClose={onClose}
      onSubmit={() => create.mutate()}
    >
      <TextField
        label={t`Name`}
        hint={t`The program that will hold it`}
        required
        maxLength={100}
        value={name}
        onChange={setName}
      />
      <SelectField
        label={t`Valid for`}
        value={days}
        onChange={setDays}
        choices={lifetimes.map((value) => ({ value: String(value), label: t`${value} days` }))}
      />
      <fieldset className="picker">
        <legend>
          <Trans>What it may do</Trans>
        </legend>
        {me.permissions
          .filter((permission) => permission !== 'token.manage')
          .map((permission) => (
            <CheckField
              key={permission}
              label={permissionName(permission)}
              hint={<code>{permission}</code>}
              checked={scopes.has(permission)}
              onChange={toggle(permission)}
            />
          ))}
      </fieldset>
    </FormDialog>
  )
}
