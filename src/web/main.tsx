import '@fontsource-variable/inter/index.css'
import './theme.gen.css'
import './ui/mantine.css'
import './tokens.css'
import './console.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { t } from '@lingui/core/macro'
import { RouterProvider } from '@tanstack/react-router'
import { Providers } from '#web/components/Providers.tsx'
import { activateLanguage, preferredLanguage } from '#web/util/language.ts'
import { applyTheme } from '#web/util/color-theme.ts'
import { router } from './routes.tsx'

applyTheme()
await activateLanguage(preferredLanguage())
// Until a page names itself, and where none can.
document.title = t`Containment gateway`
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
)
