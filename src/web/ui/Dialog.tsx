import { lazy, Suspense, useEffect, type ReactNode } from 'react'
import { focusNearest, pathOf } from '#web/util/keep-focus.ts'

const load = () => import('./DialogFrame.tsx')
const DialogFrame = lazy(async () => ({ default: (await load()).DialogFrame }))

interface Props {
  readonly open: boolean
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/**
 * A modal dialog with a name, a close button with a name, and focus that begins in what the dialog asks and returns where
 * it came from. Its frame is fetched once the page stands. A dialog that still waits for it counts as open already, so
 * that what is being typed into it is not taken for shortcuts.
 */
export function Dialog(props: Props) {
  const { open, title } = props
  useEffect(() => {
    const idle = setTimeout(() => void load(), 1_000)
    return () => clearTimeout(idle)
  }, [])
  useEffect(() => {
    if (!open) return undefined
    const before = pathOf(document.activeElement)
    return () => focusNearest(before)
  }, [open])
  if (!open) return null
  return (
    <Suspense fallback={<div role="dialog" aria-label={title} aria-busy="true" />}>
      <DialogFrame {...props} />
    </Suspense>
  )
}
