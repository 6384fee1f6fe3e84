import { useState, type ReactNode } from 'react'
import { useLingui } from '@lingui/react/macro'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { TextArea } from '#web/ui/fields.tsx'

interface Props {
  readonly open: boolean
  readonly title: string
  readonly explanation?: string | undefined
  /** What the act touches, below the explanation. */
  readonly more?: ReactNode
  readonly required: boolean
  /** Who reads the reason; without it, the author and the archive. */
  readonly hint?: string
  readonly confirm: string
  readonly busy: boolean
  readonly error: unknown
  readonly onClose: () => void
  readonly onConfirm: (reason: string) => void
}

/** Asks for a reason before an act. What was typed stays while the server refuses. */
export function ReasonDialog({
  open,
  title,
  explanation,
  more,
  required,
  hint,
  confirm,
  busy,
  error,
  onClose,
  onConfirm,
}: Props) {
  const { t } = useLingui()
  const [reason, setReason] = useState('')
  const [wasOpen, setWasOpen] = useState(open)
  if (open !== wasOpen) {
    setWasOpen(open)
    if (!open) setReason('')
  }
  return (
    <FormDialog
      open={open}
      title={title}
      confirm={confirm}
      busy={busy}
      ready={!required || reason.trim() !== ''}
      error={error}
      onClose={onClose}
      onSubmit={() => onConfirm(reason.trim())}
    >
      {explanation !== undefined && <p>{explanation}</p>}
      {more}
      <TextArea
        label={required ? t`Reason` : t`Reason (optional)`}
        hint={required ? (hint ?? t`The author and the archive see it.`) : undefined}
        rows={4}
        value={reason}
        onChange={setReason}
        required={required}
      />
    </FormDialog>
  )
}
