declare module '*.po' {
  import type { Messages } from '@lingui/core'
  export const messages: Messages
}
declare module '*.css'
declare module '@fontsource-variable/inter/index.css'
