import { Progress as MantineProgress } from '@mantine/core'

/** How far something is, from 0 to 1. */
export function Progress({ share, label }: { share: number; label: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    <MantineProgress.Root size={10} radius={4} transitionDuration={0}>
      <MantineProgress.Section value={percent} aria-label={label} />
    </MantineProgress.Root>
  )
}
