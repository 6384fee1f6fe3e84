import { Trans } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { offlineError } from '#web/api/call.ts'
import { Button } from '#web/ui/Button.tsx'
import { Notice } from '#web/ui/Notice.tsx'
import { Failure } from './states.tsx'

/** Reloads once somebody answers: else the browser's own page would stand in the place of the whole console. */
async function reload(): Promise<void> {
  await fetch('/readyz').catch(() => {
    throw offlineError()
  })
  window.location.reload()
}

/** What stands where a page could not be drawn: a part that a newer console no longer has, or a mistake of ours. */
export function PageError() {
  const again = useMutation({ mutationFn: reload })
  return (
    <>
      <h1>
        <Trans>This page could not be shown</Trans>
      </h1>
      <Notice
        tone="block"
        action={
          <Button small busy={again.isPending} onClick={() => again.mutate()}>
            <Trans>Reload it</Trans>
          </Button>
        }
      >
        <Trans>
          It was not loaded before, and the line is down, the gateway does not answer, or the console was renewed since
          you opened it. If it stays, tell your administrator.
        </Trans>
      </Notice>
      {again.error !== null && <Failure error={again.error} />}
    </>
  )
}
