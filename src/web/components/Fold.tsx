import type { ReactNode } from 'react'
import { useNarrow } from '#web/util/use-narrow.ts'

/** What a desk shows at once and a phone keeps behind one line. */
export function Fold({ summary, children }: { summary: ReactNode; children: ReactNode }) {
  if (!useNarrow()) return children
  return (
    <details className="fold">
      <summary>{summary}</summary>
      {children}
    </details>
  )
}
