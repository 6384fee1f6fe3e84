import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { endExaminer, type Examiner } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'

/** Ends an examination before its time. */
export function EndExaminationDialog({ examiner, onClose }: { examiner: Examiner; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: () => call(endExaminer, { params: { examinerId: examiner.examinerId } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['examiners'] })
      onClose()
    },
  })
  const { name, organisation } = examiner
  return (
    <FormDialog
      title={t`End this examination now?`}
      confirm={t`End it now`}
      busy={end.isPending}
      ready
      error={end.error}
      onClose={onClose}
      onSubmit={() => end.mutate()}
    >
      <p>
        <Trans>
          {name} ({organisation}) is signed out at once, and the secret opens nothing any more. To let them in again,
          grant a new examination.
        </Trans>
      </p>
    </FormDialog>
  )
}
