import type { ReactNode } from 'react'

export type Tone = 'block' | 'review' | 'note' | 'ok' | 'hold'

/** A message that stays. Refusals are alerts, everything else a status. */
export function Notice({
  tone,
  title,
  children,
  action,
}: {
  tone: Tone
  title?: ReactNode
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className={`notice tone-${tone}`} role={tone === 'block' ? 'alert' : 'status'}>
      <Mark tone={tone} />
      <div className="notice-body">
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
      </div>
      {action}
    </div>
  )
}

const shapes: Record<Tone, ReactNode> = {
  block: <rect x="2" y="2" width="12" height="12" rx="2" />,
  review: <path d="M8 1.5 15 14H1z" />,
  note: <circle cx="8" cy="8" r="6.5" />,
  ok: <path d="m2 8.5 4 4 8-9" fill="none" stroke="currentColor" strokeWidth="2.5" />,
  hold: <path d="M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7zm2 0h4V5a2 2 0 0 0-4 0z" />,
}

/** The shape of a tone: never colour alone (WCAG 1.4.1). */
export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg
      className={`mark mark-${tone}`}
      viewBox="0 0 16 16"
      width="14"
      height="14"
      aria-hidden="true"
      fill="currentColor"
    >
      {shapes[tone]}
    </svg>
  )
}

/** A short word with the tone's shape and colour. */
export function Badge({ tone, children }: { tone: Tone | 'neutral'; children: ReactNode }) {
  return (
    <span className={`badge tone-${tone}`}>
      {tone !== 'neutral' && <Mark tone={tone} />}
      {children}
    </span>
  )
}
