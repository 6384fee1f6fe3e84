import { useState } from 'react'
import { useLingui } from '@lingui/react/macro'
import type { Examiner } from '#shared/api/people.ts'
import { Badge } from '#web/ui/Notice.tsx'

/** Whether the examiner can still look: neither ended by the firm nor past its time. */
export function isRunning({ endedAt, validUntil }: Examiner, now: number): boolean {
  return endedAt === null && Date.parse(validUntil) > now
}

export function useRunning(examiner: Examiner): boolean {
  const [now] = useState(() => Date.now())
  return isRunning(examiner, now)
}

export function ExaminationState({ examiner }: { examiner: Examiner }) {
  const { t } = useLingui()
  const running = useRunning(examiner)
  if (running) return <Badge tone="ok">{t`Running`}</Badge>
  return <Badge tone="neutral">{examiner.endedAt === null ? t`Its time is over` : t`Ended by the firm`}</Badge>
}
