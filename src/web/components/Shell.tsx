import { lazy, Suspense, useEffect, useRef } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { CallError } from '#web/api/call.ts'
import { meQuery, reviewsQuery } from '#web/api/queries.ts'
import { takeSignedOut } from '#web/api/sign-out.ts'
import { sections } from '#web/util/sections.ts'
import { useKeptFocus } from '#web/util/keep-focus.ts'
import { useKeys } from '#web/util/keys.ts'
import type { Me } from '#shared/api/identity.ts'
import { Announcer } from './Announcer.tsx'
import { Help } from './Help.tsx'
import { OfflineBanner } from './OfflineBanner.tsx'
import { Palette } from './Palette.tsx'
import { PersonMenu } from './PersonMenu.tsx'
import { Failure, Loading } from './states.tsx'

const Forbidden = lazy(() => import('./Forbidden.tsx').then((loaded) => ({ default: loaded.Forbidden })))

/** The frame of every page of a signed-in person. */
export function Shell() {
  const me = useQuery(meQuery)
  const location = useLocation()
  if (me.data !== undefined) return <Frame me={me.data} path={location.pathname} />
  const refused =
    me.error instanceof CallError && (me.error.status === 401 || me.error.code === 'no_role')
      ? me.error.code
      : undefined
  if (refused !== undefined) return <ToSignIn code={refused} />
  return (
    <main className="centre">
      {me.error === null ? <Loading rows={3} /> : <Failure error={me.error} onRetry={() => void me.refetch()} />}
    </main>
  )
}

/** Leads to the sign-in page once. A component that navigates at each render would chase the address that it changes. */
function ToSignIn({ code }: { code: string }) {
  const navigate = useNavigate()
  const left = useRef(false)
  useEffect(() => {
    if (left.current) return
    left.current = true
    const { pathname, search } = window.location
    void navigate({
      to: '/login',
      search:
        code === 'no_role' ? { error: code } : takeSignedOut() ? { signedOut: 'yes' } : { returnTo: pathname + search },
      replace: true,
    })
  }, [code, navigate])
  return null
}

function Frame({ me, path }: { me: Me; path: string }) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const main = useRef<HTMLElement>(null)
  const allowed = sections.filter((section) => me.permissions.includes(section.permission))
  const closed = sections.find((section) => path === section.to && !allowed.includes(section))
  useKeys([
    ...allowed.map((section) => ({
      keys: `g ${section.key}`,
      label: section.label,
      run: () => void navigate({ to: section.to }),
    })),
    ...(me.permissions.includes('post.write')
      ? [{ keys: 'n', label: t`New post`, run: () => void navigate({ to: '/posts/new' }) }]
      : []),
  ])
  useKeptFocus()
  // Whoever is here again has not just left: a provider that led nowhere leaves the mark behind.
  useEffect(() => void takeSignedOut(), [])
  // A new page is announced by moving the focus to it, not on the first one.
  const announced = useRef(path)
  useEffect(() => {
    if (announced.current !== path) main.current?.focus()
    announced.current = path
  }, [path])
  return (
    <div className="shell">
      <a className="skip" href="#main">
        <Trans>Skip to the content</Trans>
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span>
            <Trans>Containment gateway</Trans>
          </span>
        </Link>
        {me.embedded && (
          <span className="badge tone-review">
            <Trans>Evaluation</Trans>
          </span>
        )}
        <Palette />
        <Help />
        <PersonMenu me={me} />
      </header>
      <nav className="side" aria-label={t`Main`}>
        {allowed.map((section) => (
          <SectionLink
            key={section.to}
            section={section}
            current={path === section.to || path.startsWith(`${section.to}/`)}
          />
        ))}
      </nav>
      <main id="main" className="main" ref={main} tabIndex={0}>
        <OfflineBanner />
        {closed === undefined ? (
          <Outlet />
        ) : (
          <Suspense>
            <Forbidden section={closed} />
          </Suspense>
        )}
      </main>
      <Announcer />
    </div>
  )
}

function SectionLink({ section, current }: { section: (typeof sections)[number]; current: boolean }) {
  const { i18n } = useLingui()
  const link = useRef<HTMLAnchorElement>(null)
  // On a phone the sections stand in one line that scrolls: the current one stays in sight. By scrollIntoView, the first
  // Tab of the page would begin behind it.
  useEffect(() => {
    const line = link.current?.parentElement
    if (current && link.current !== null && line != null)
      line.scrollLeft = link.current.offsetLeft - line.offsetLeft - (line.clientWidth - link.current.offsetWidth) / 2
  }, [current])
  return (
    <Link ref={link} to={section.to} {...(current ? { 'aria-current': 'page' as const } : {})}>
      <span>{i18n._(section.label)}</span>
      {section.to === '/queue' && <OpenCount />}
    </Link>
  )
}

function OpenCount() {
  const { t } = useLingui()
  const { data } = useQuery(reviewsQuery({ status: 'open', limit: 1 }))
  const count = data?.facets.status['open'] ?? 0
  return count === 0 ? null : (
    <span className="count" aria-label={t`${count} open`}>
      {count}
    </span>
  )
}
