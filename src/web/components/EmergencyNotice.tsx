import { useEffect, useState } from 'react'
import { Trans } from '@lingui/react/macro'
import { Notice } from '#web/ui/Notice.tsx'
import { formatRelative, formatTime } from '#web/util/format.ts'

/** How long an emergency version still binds everybody without its second approval. */
export function EmergencyNotice({ until }: { until: string }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <Notice tone="review" title={<Trans>Started as an emergency, without a second person</Trans>}>
      <Trans>
        A second person must approve it by {formatTime(until, true)} ({formatRelative(until, now)}). Otherwise the
        version before comes back by itself.
      </Trans>
    </Notice>
  )
}
