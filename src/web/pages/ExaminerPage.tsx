import { useState } from 'react'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { MessageDescriptor } from '@lingui/core'
import { signInExaminer } from '#shared/api/people.ts'
import { call, CallError } from '#web/api/call.ts'
import { SignInCard } from '#web/components/SignInCard.tsx'
import { Failure } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { TextField } from '#web/ui/fields.tsx'
import { Notice } from '#web/ui/Notice.tsx'

interface Reason {
  readonly title: MessageDescriptor
  readonly text: MessageDescriptor
}

/** Why a secret opens nothing, and whom to ask. */
const reasons: Readonly<Record<string, Reason>> = {
  unauthenticated: {
    title: msg`This secret is not known here`,
    text: msg`Copy it again, whole and without anything around it. If it stays, ask the records officer who gave it to you.`,
  },
  session_expired: {
    title: msg`The time of this examination is over`,
    text: msg`Ask the records officer who gave you the secret whether it is to go on; you then get a new one.`,
  },
  gone: {
    title: msg`The firm ended this examination`,
    text: msg`The secret opens nothing any more. Ask the records officer who gave it to you.`,
  },
  too_many_requests: {
    title: msg`There were too many attempts`,
    text: msg`Wait a minute and try again.`,
  },
}

/** The way in for somebody who comes from a supervisory authority with a secret from the records officer. */
export function ExaminerPage() {
  const { t, i18n } = useLingui()
  const [secret, setSecret] = useState('')
  const signIn = useMutation({
    mutationFn: () => call(signInExaminer, { body: { secret: secret.trim() } }),
    // A new page: nothing that another person's session left in memory may be shown.
    onSuccess: ({ redirectTo }) => window.location.assign(redirectTo),
  })
  const reason = signIn.error instanceof CallError ? reasons[signIn.error.code] : undefined
  const ready = secret.trim() !== '' && !signIn.isPending && !signIn.isSuccess
  return (
    <SignInCard>
      <h2>
        <Trans>Sign in as an examiner</Trans>
      </h2>
      <p className="muted">
        <Trans>
          You read and verify the records that your examination is about, until its end. Everything that you look at is
          recorded.
        </Trans>
      </p>
      <form
        className="col login-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) signIn.mutate()
        }}
      >
        <TextField
          label={t`Secret`}
          hint={t`The records officer of the firm gave it to you.`}
          type="password"
          required
          maxLength={200}
          value={secret}
          onChange={setSecret}
        />
        {reason !== undefined && (
          <Notice tone="block" title={i18n._(reason.title)}>
            {i18n._(reason.text)}
          </Notice>
        )}
        {signIn.error !== null && reason === undefined && <Failure error={signIn.error} />}
        <div className="row">
          <Button kind="primary" type="submit" busy={signIn.isPending || signIn.isSuccess} disabled={!ready}>
            <Trans>Sign in</Trans>
          </Button>
        </div>
      </form>
      <p className="muted small">
        <Trans>
          From the firm? <Link to="/login">Sign in with your company</Link>
        </Trans>
      </p>
    </SignInCard>
  )
}
