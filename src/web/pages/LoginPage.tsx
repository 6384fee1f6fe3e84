import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { getRouteApi } from '@tanstack/react-router'
import type { MessageDescriptor } from '@lingui/core'
import { LookSwitches } from '#web/components/PersonMenu.tsx'
import { Notice } from '#web/ui/Notice.tsx'

const route = getRouteApi('/login')

/** What went wrong, and what the person does next. */
const reasons: Record<string, MessageDescriptor> = {
  no_role: msg`You are signed in at your company, but nobody has given you a role here yet. Ask your administrator for the group that opens the gateway, then sign in again.`,
  provider_unavailable: msg`Your company’s sign-in does not answer. Wait a minute and try again; if it stays, tell your help desk.`,
  session_expired: msg`Your session has ended. Sign in again; what you were writing is kept.`,
  too_many_requests: msg`There were too many attempts. Wait a minute and try again.`,
}

export function LoginPage() {
  const { i18n } = useLingui()
  const { error, returnTo } = route.useSearch()
  return (
    <main className="login">
      <div className="login-look">
        <LookSwitches />
      </div>
      <div className="card login-card">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <h1>
          <Trans>Containment gateway</Trans>
        </h1>
        <p className="muted">
          <Trans>Every post is checked, approved and sealed before it leaves the firm.</Trans>
        </p>
        {error !== undefined && (
          <Notice tone={error === 'no_role' ? 'hold' : 'review'} title={<Trans>You are not signed in</Trans>}>
            {i18n._(reasons[error] ?? msg`The sign-in did not finish. Begin again with the button below.`)}
          </Notice>
        )}
        <a
          className="button-link"
          href={`/auth/login?returnTo=${encodeURIComponent(returnTo ?? '/')}&locale=${i18n.locale}`}
        >
          <Trans>Sign in with your company</Trans>
        </a>
      </div>
    </main>
  )
}
