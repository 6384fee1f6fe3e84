import { useSyncExternalStore } from 'react'
import { Trans } from '@lingui/react/macro'
import { Notice } from '#web/ui/Notice.tsx'

function subscribe(changed: () => void): () => void {
  window.addEventListener('online', changed)
  window.addEventListener('offline', changed)
  return () => {
    window.removeEventListener('online', changed)
    window.removeEventListener('offline', changed)
  }
}

/** Nothing is queued silently: while the line is down, the page says so. */
export function OfflineBanner() {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine)
  return online ? null : (
    <Notice tone="review" title={<Trans>You are offline</Trans>}>
      <Trans>You read what was loaded before. Nothing can be sent until the line is back.</Trans>
    </Notice>
  )
}
