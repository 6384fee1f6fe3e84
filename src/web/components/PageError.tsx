import { Trans } from '@lingui/react/macro'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'

/** What stands where a page could not be drawn: a part that a newer console no longer has, or a mistake of ours. */
export function PageError() {
  return (
    <>
      <h1>
        <Trans>This page could not be shown</Trans>
      </h1>
      <Notice
        tone="block"
        action={
          <Button small onClick={() => window.location.reload()}>
            <Trans>Reload it</Trans>
          </Button>
        }
      >
        <Trans>The console may have been renewed since you opened it. If it stays, tell your administrator.</Trans>
      </Notice>
    </>
  )
}
