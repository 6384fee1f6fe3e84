import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Me } from '#shared/api/identity.ts'
import type { Language } from '#shared/api/common.ts'
import { signOut } from '#web/api/sign-out.ts'
import { Button } from '#web/ui/Button.tsx'
import { announce } from '#web/util/announce.ts'
import { chooseLanguage } from '#web/util/language.ts'
import { chooseTheme, shownTheme } from '#web/util/color-theme.ts'

/** Who is signed in, the language, the theme and the way out. */
export function PersonMenu({ me }: { me: Me }) {
  const { t } = useLingui()
  const leave = useMutation({ mutationFn: signOut, onError: (error) => announce(error.message) })
  return (
    <div className="person">
      <LookSwitches />
      <Link to="/me" className="person-name" title={t`My account`}>
        {me.displayName}
      </Link>
      <Button small busy={leave.isPending} onClick={() => leave.mutate()} title={t`End this session`}>
        <Trans>Sign out</Trans>
      </Button>
    </div>
  )
}

/** Language and theme, also for whoever is not signed in. */
export function LookSwitches() {
  const { t, i18n } = useLingui()
  const [theme, setTheme] = useState(shownTheme)
  const other: Language = i18n.locale === 'fr' ? 'en' : 'fr'
  return (
    <>
      <Button small kind="plain" onClick={() => void chooseLanguage(other)}>
        <span lang={other}>{other === 'fr' ? 'Français' : 'English'}</span>
      </Button>
      <Button
        small
        kind="plain"
        onClick={() => {
          const next = theme === 'dark' ? 'light' : 'dark'
          chooseTheme(next)
          setTheme(next)
        }}
      >
        {theme === 'dark' ? t`Light` : t`Dark`}
      </Button>
    </>
  )
}
