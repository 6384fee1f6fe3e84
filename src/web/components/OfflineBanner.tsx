import { Trans } from '@lingui/react/macro'
import { Notice } from '#web/ui/Notice.tsx'
import { useOnline } from '#web/util/use-online.ts'

/** Nothing is queued silently: while the line is down, the page says so, and what would send is disabled (`ui/Button.tsx`). */
export function OfflineBanner() {
  if (useOnline()) return null
  return (
    <div className="offline">
      <Notice tone="review" title={<Trans>You are offline</Trans>}>
        <Trans>
          You read what was loaded before. Nothing can be sent until the line is back; what you wrote stays here.
        </Trans>
      </Notice>
    </div>
  )
}
