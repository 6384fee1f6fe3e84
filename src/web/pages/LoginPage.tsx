import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { MessageDescriptor } from '@lingui/core'
import { SignInCard } from '#web/components/SignInCard.tsx'
import { Notice } from '#web/ui/Notice.tsx'

const route = getRouteApi('/login')

/** What went wrong, and what the person does next. */
const reasons: Record<string, MessageDescriptor> = {
  no_role: msg`You are signed in at your company, but nobody has given you a role here yet. Ask your administrator for the group that opens the gateway, then sign in again.`,
  provider_unavailable: msg`Your company’s sign-in does not answer. Wait a minute and try again; if it stays, tell your help desk.`,
  session_expired: msg`Your session has ended. Sign in again; what you were writing is kept.`,
  too_many_requests: msg`There were too many attempts. Wait a minute and try again.`,
  unauthenticated: msg`What your company’s sign-in answered could not be accepted. Begin again; if it stays, tell your help desk.`,
  invalid_request: msg`This sign-in was not begun in this browser, or longer than ten minutes ago. Begin again with the button below.`,
  forbidden: msg`Your access to the gateway has ended. If this is a mistake, ask your administrator.`,
  step_up_required: msg`Your company’s sign-in did not confirm that it asked you just now, so what needs a fresh sign-in stays closed. You are still signed in here; tell your administrator that the provider must answer max_age.`,
}

/** After these the person is signed in as before, or nothing that they do here would change it. */
const asBefore = new Set(['step_up_required'])

export function LoginPage() {
  const { i18n } = useLingui()
  const { error, returnTo, signedOut } = route.useSearch()
  return (
    <SignInCard>
      <p className="muted">
        <Trans>Every post is checked, approved and sealed before it leaves the firm.</Trans>
      </p>
      {signedOut !== undefined && error === undefined && (
        <Notice tone="ok" title={<Trans>You are signed out</Trans>}>
          <Trans>Close this window on a computer that others use.</Trans>
        </Notice>
      )}
      {error !== undefined && (
        <Notice
          tone={error === 'no_role' ? 'hold' : 'review'}
          title={asBefore.has(error) ? <Trans>You were not asked again</Trans> : <Trans>You are not signed in</Trans>}
        >
          {i18n._(reasons[error] ?? msg`The sign-in did not finish. Begin again with the button below.`)}
        </Notice>
      )}
      <a
        className="button-link"
        href={`/auth/login?returnTo=${encodeURIComponent(returnTo ?? '/')}&locale=${i18n.locale}`}
      >
        <Trans>Sign in with your company</Trans>
      </a>
      <p className="muted small">
        <Trans>
          From a supervisory authority? <Link to="/examiner">Sign in as an examiner</Link>
        </Trans>
      </p>
    </SignInCard>
  )
}
