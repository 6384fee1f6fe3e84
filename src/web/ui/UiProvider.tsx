import type { ReactNode } from 'react'
import { MantineProvider } from '@mantine/core'
import { shownTheme } from '#web/util/color-theme.ts'
import { theme } from './theme.ts'

// The scheme lives on <html> and the variables in theme.gen.css: the provider must neither store nor inject anything.
const schemeManager = {
  get: () => shownTheme(),
  set: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {},
}

export function UiProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      withCssVariables={false}
      withGlobalClasses={false}
      deduplicateCssVariables={false}
      colorSchemeManager={schemeManager}
      getRootElement={() => undefined}
    >
      {children}
    </MantineProvider>
  )
}
