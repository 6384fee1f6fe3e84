import { useEffect, useState, type ReactNode } from 'react'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import type { MessageDescriptor } from '@lingui/core'
import { CallError } from '#web/api/call.ts'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { PageHead } from './PageHead.tsx'

/** Grey bars of the coming height, and only when the wait is felt. */
export function Loading({ rows = 4 }: { rows?: number }) {
  const [felt, setFelt] = useState(false)
  const { t } = useLingui()
  useEffect(() => {
    const timer = setTimeout(() => setFelt(true), 150)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className="skeletons" role="status" aria-label={t`Loading`}>
      {felt && Array.from({ length: rows }, (_unused, index) => <div key={index} className="skeleton" />)}
    </div>
  )
}

/** One sentence and one action. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
    </div>
  )
}

const signInAgain: ReadonlySet<string> = new Set(['unauthenticated', 'session_expired', 'step_up_required'])
/** The server says to programs what to send; a person only signs in again. */
const sessionLost: ReadonlySet<string> = new Set(['unauthenticated', 'session_expired'])

/** Refusals that no second attempt changes. */
const finalTitles: Readonly<Record<string, MessageDescriptor>> = {
  forbidden: msg`You may not see this`,
  no_role: msg`You may not see this`,
  not_found: msg`There is nothing here`,
}

/** Leads to the firm's sign-in and back to this page. */
function SignInAgain() {
  const returnTo = encodeURIComponent(window.location.pathname + window.location.search)
  return (
    <a href={`/auth/login?maxAge=0&returnTo=${returnTo}`}>
      <Trans>Sign in again</Trans>
    </a>
  )
}

/** What failed, in the server's words, with the way on. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { i18n } = useLingui()
  const known = error instanceof CallError ? error : undefined
  // An id that is none was cut or mistyped in the address: there is nothing at such a place.
  const isNowhere = known?.problems.some(({ field }) => field.startsWith('params.')) === true
  const code = isNowhere ? 'not_found' : (known?.code ?? '')
  const final = finalTitles[code]
  return (
    <Notice
      tone={final === undefined ? 'block' : 'hold'}
      title={final === undefined ? <Trans>This did not work</Trans> : i18n._(final)}
      action={
        signInAgain.has(code) ? (
          <SignInAgain />
        ) : code === 'not_found' ? (
          <a href="/">
            <Trans>To the start page</Trans>
          </a>
        ) : onRetry !== undefined && final === undefined ? (
          <Button small onClick={onRetry}>
            <Trans>Try again</Trans>
          </Button>
        ) : undefined
      }
    >
      {sessionLost.has(code) ? (
        <Trans>Your session has ended. Sign in again; what you were writing is kept.</Trans>
      ) : isNowhere ? (
        <Trans>This address leads nowhere: a part of it was cut or mistyped.</Trans>
      ) : (
        (known?.message ?? <Trans>Something went wrong in this window. Reload the page.</Trans>)
      )}
      {known !== undefined && known.problems.length > 1 && (
        <ul>
          {known.problems.map((problem) => (
            <li key={`${problem.field}${problem.message}`}>
              <code>{problem.field}</code> {problem.message}
            </li>
          ))}
        </ul>
      )}
      {known?.requestId !== undefined && (
        <div className="muted small">
          <Trans>Request {known.requestId}</Trans>
        </div>
      )}
    </Notice>
  )
}

/**
 * Draws what a query answered, or its waiting and its failure. `title` heads a page that is named by the answer until
 * there is one: no page is without a name.
 */
export function QueryView<T>({
  query,
  children,
  rows,
  title,
}: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown }
  children: (data: T) => ReactNode
  rows?: number
  title?: string
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  return (
    <>
      {title !== undefined && <PageHead title={title} />}
      {query.error === null ? (
        <Loading {...(rows === undefined ? {} : { rows })} />
      ) : (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      )}
    </>
  )
}
