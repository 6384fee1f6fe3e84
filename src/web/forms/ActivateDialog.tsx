import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { activatePolicyVersion, type PolicyVersion } from '#shared/api/policies.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { DateField } from '#web/ui/DateField.tsx'
import { TextArea } from '#web/ui/fields.tsx'
import { timeZone } from '#web/util/format.ts'

interface Props {
  readonly version: PolicyVersion
  readonly onClose: () => void
}

/** Makes an approved version the active one, now or later; a draft only as an emergency. */
export function ActivateDialog({ version, onClose }: Props) {
  const { t } = useLingui()
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const [at, setAt] = useState('')
  const emergency = version.state === 'draft'
  const activate = useMutation({
    mutationFn: () =>
      call(activatePolicyVersion, {
        params: { version: version.version },
        body: {
          reason: reason.trim(),
          ...(emergency ? { emergency } : at === '' ? {} : { at: new Date(at).toISOString() }),
        },
      }),
    onSuccess: onClose,
    // After a refusal too: what is missing then stands on the page.
    onSettled: () => client.invalidateQueries({ queryKey: ['policies'] }),
  })
  return (
    <FormDialog
      title={emergency ? t`Start it as an emergency?` : t`Activate this version?`}
      confirm={emergency ? t`Start at once` : at === '' ? t`Activate now` : t`Activate at this time`}
      busy={activate.isPending}
      ready={reason.trim() !== ''}
      error={activate.error}
      onClose={onClose}
      onSubmit={() => activate.mutate()}
    >
      <p>
        {emergency ? (
          <Trans>
            Only a draft that adds block rules and changes nothing else may start before its second approval. It binds
            everybody at once, without a simulation if there is none, and the archive says so; without the approval
            within 24 hours, the version before comes back.
          </Trans>
        ) : (
          <Trans>
            What is approved and not yet published is judged anew; a changed verdict sends it back. The archive names
            the simulation that this version goes live with.
          </Trans>
        )}
      </p>
      {!emergency && (
        <DateField label={t`When`} hint={t`${timeZone}; empty: at once`} time value={at} onChange={setAt} />
      )}
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
