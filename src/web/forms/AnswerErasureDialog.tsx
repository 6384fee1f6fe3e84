import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { answerErasure, type ErasureAnswer } from '#shared/api/holds.ts'
import { call } from '#web/api/call.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { TextArea, TextField } from '#web/ui/fields.tsx'
import { PersonField } from './PersonField.tsx'

/** Answers one person's request for erasure: whose content, and why it is asked. */
export function AnswerErasureDialog({
  onClose,
  onAnswer,
}: {
  onClose: () => void
  onAnswer: (answer: ErasureAnswer) => void
}) {
  const { t } = useLingui()
  const [author, setAuthor] = useState('')
  const [words, setWords] = useState('')
  const [reason, setReason] = useState('')
  const answer = useMutation({
    mutationFn: () =>
      call(answerErasure, {
        body: {
          reason: reason.trim(),
          scope: {
            ...(author === '' ? {} : { author }),
            ...(words.trim() === '' ? {} : { q: words.trim() }),
          },
        },
      }),
    onSuccess: (given) => {
      onAnswer(given)
      onClose()
    },
  })
  return (
    <FormDialog
      title={t`Answer an erasure request`}
      confirm={t`Answer it`}
      busy={answer.isPending}
      ready={reason.trim() !== '' && (author !== '' || words.trim() !== '')}
      error={answer.error}
      onClose={onClose}
      onSubmit={() => answer.mutate()}
    >
      <p>
        <Trans>
          Each record is answered by itself: destroyed already, or kept, with the law that asks for it and the day on
          which it goes. The answer is a record.
        </Trans>
      </p>
      <PersonField label={t`Author`} value={author} onChange={setAuthor} any={{ value: '', label: t`Any` }} />
      <TextField label={t`Words`} hint={t`A name, for example`} value={words} onChange={setWords} maxLength={500} />
      <TextArea
        label={t`Reason`}
        hint={t`Who asked, when, and under which reference. It is kept in the archive.`}
        required
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  )
}
