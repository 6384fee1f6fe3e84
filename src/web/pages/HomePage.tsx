import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { meQuery } from '#web/api/queries.ts'
import { Notice } from '#web/ui/Notice.tsx'
import { sections } from '#web/util/sections.ts'

/** Officers begin at their queue, auditors at the archive, staff at their posts. */
const firstOf = ['/queue', '/archive', '/posts', '/profiles', '/health'] as const

export function HomePage() {
  const { data: me } = useQuery(meQuery)
  if (me === undefined) return null
  const open = firstOf.find((to) => me.permissions.includes(sections.find((section) => section.to === to)!.permission))
  if (open !== undefined) return <Navigate to={open} replace />
  return (
    <Notice tone="hold" title={<Trans>You have no role yet</Trans>}>
      <Trans>Ask your administrator for a role in the gateway.</Trans>
    </Notice>
  )
}
