import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { BodyOf } from '#shared/api/endpoint.ts'
import { placeHold } from '#shared/api/holds.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { HoldScope } from '#web/components/HoldScope.tsx'
import { TextArea, TextField } from '#web/ui/fields.tsx'

interface Props {
  readonly scope: BodyOf<typeof placeHold>['scope']
  readonly found: string
  readonly onClose: () => void
}

/** Holds what a search finds, now and later. */
export function PlaceHoldDialog({ scope, found, onClose }: Props) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [reason, setReason] = useState('')
  const place = useMutation({
    mutationFn: () => call(placeHold, { body: { name: name.trim(), reason: reason.trim(), scope } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['holds'] })
      await navigate({ to: '/holds' })
    },
  })
  return (
    <FormDialog
      title={t`Place a legal hold`}
      confirm={t`Place the hold`}
      busy={place.isPending}
      ready={name.trim() !== '' && reason.trim() !== ''}
      error={place.error}
      onClose={onClose}
      onSubmit={() => place.mutate()}
    >
      <div>
        <p>
          <Trans>It covers what this search finds, now and later: {found}.</Trans>
        </p>
        <HoldScope scope={scope} />
      </div>
      <TextField label={t`Name of the matter`} required maxLength={200} value={name} onChange={setName} />
      <TextArea
        label={t`Reason`}
        hint={t`It is kept in the archive.`}
        required
        rows={3}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  )
}
