import { useEffect, useState, type ReactNode } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { CallError } from '#web/api/call.ts'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'

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
  const known = error instanceof CallError ? error : undefined
  const forbidden = known?.code === 'forbidden' || known?.code === 'no_role'
  return (
    <Notice
      tone={forbidden ? 'hold' : 'block'}
      title={forbidden ? <Trans>You may not see this</Trans> : <Trans>This did not work</Trans>}
      action={
        onRetry !== undefined && !forbidden && !signInAgain.has(known?.code ?? '') ? (
          <Button small onClick={onRetry}>
            <Trans>Try again</Trans>
          </Button>
        ) : known !== undefined && signInAgain.has(known.code) ? (
          <SignInAgain />
        ) : undefined
      }
    >
      {known?.message ?? <Trans>Something went wrong in this window. Reload the page.</Trans>}
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

/** Draws what a query answered, or its waiting and its failure. */
export function QueryView<T>({
  query,
  children,
  rows,
}: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown }
  children: (data: T) => ReactNode
  rows?: number
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.error !== null) return <Failure error={query.error} onRetry={() => void query.refetch()} />
  return <Loading {...(rows === undefined ? {} : { rows })} />
}
