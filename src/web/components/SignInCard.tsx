import { useEffect, type ReactNode } from 'react'
import { useLingui } from '@lingui/react/macro'
import { LookSwitches } from './PersonMenu.tsx'

/** What whoever is not signed in sees: the name of the house, and one way in. */
export function SignInCard({ children }: { children: ReactNode }) {
  const { t } = useLingui()
  const title = t`Containment gateway`
  useEffect(() => {
    document.title = title
  }, [title])
  return (
    <main className="login">
      <div className="login-look">
        <LookSwitches />
      </div>
      <div className="card login-card">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}
