import { useLingui } from '@lingui/react/macro'
import type { PostStatus } from '#shared/post-status.ts'
import { Badge } from '#web/ui/Notice.tsx'
import { statusWords } from '#web/util/words.ts'

export function StatusBadge({ status }: { status: PostStatus }) {
  const { i18n } = useLingui()
  const { label, tone } = statusWords[status]
  return <Badge tone={tone}>{i18n._(label)}</Badge>
}
