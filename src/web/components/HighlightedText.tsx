import { useMemo } from 'react'
import type { Finding, Severity } from '#shared/api/policies.ts'

interface Piece {
  readonly text: string
  readonly severity: Severity | undefined
  readonly rules: string
  readonly index: number
}

const alone: readonly string[] = []

/** A text, item by item, with what policy found in it: tint and a solid underline; each mark says its rule. */
export function HighlightedText({
  text,
  thread = alone,
  findings,
  lang,
  active,
}: {
  text: string
  thread?: readonly string[]
  findings: readonly Finding[]
  lang?: string | null
  active?: number | undefined
}) {
  const items = useMemo(() => cutItems([text, ...thread], findings), [text, thread, findings])
  return items.map((pieces, item) => (
    <p key={item} className="post" {...(lang === null || lang === undefined ? {} : { lang })}>
      {items.length > 1 && (
        <span className="muted small item-number">
          {item + 1} / {items.length}
        </span>
      )}
      <Pieces pieces={pieces} active={active} />
    </p>
  ))
}

/** One field other than the text, with what policy found in it. */
export function MarkedText({ text, findings, field }: { text: string; findings: readonly Finding[]; field: string }) {
  return <Pieces pieces={cutText(text, findings, field)} active={undefined} />
}

function Pieces({ pieces, active }: { pieces: readonly Piece[]; active: number | undefined }) {
  return pieces.map((piece, index) =>
    piece.severity === undefined ? (
      piece.text
    ) : (
      <mark
        key={index}
        className={`hit hit-${piece.severity}${active === piece.index ? ' hit-active' : ''}`}
        title={piece.rules}
      >
        {piece.text}
      </mark>
    ),
  )
}

const ranks: readonly Severity[] = ['note', 'review', 'block']

/** The items of a post cut at the edges of their hits, which are counted through. */
export function cutItems(items: readonly string[], findings: readonly Finding[]): Piece[][] {
  let hits = 0
  return items.map((text, item) =>
    cutText(text, findings, item === 0 ? 'text' : `thread:${item}`).map((piece) =>
      piece.severity === undefined ? piece : { ...piece, index: hits++ },
    ),
  )
}

/** Cuts a text at the edges of its hits; where hits overlap, the worst one colours. Offsets are UTF-16. */
function cutText(text: string, findings: readonly Finding[], field: string): Piece[] {
  const spans = findings.flatMap((finding) =>
    finding.spans.filter((span) => span.field === field).map((span) => ({ ...span, finding })),
  )
  const edges = [...new Set([0, text.length, ...spans.flatMap((span) => [span.start, span.end])])]
    .filter((edge) => edge >= 0 && edge <= text.length)
    .toSorted((a, b) => a - b)
  return edges.slice(0, -1).map((start, position) => {
    const end = edges[position + 1]!
    const over = spans.filter((span) => span.start <= start && span.end >= end)
    const worst = over.map((span) => span.finding.severity).toSorted((a, b) => ranks.indexOf(b) - ranks.indexOf(a))[0]
    return {
      text: text.slice(start, end),
      severity: worst,
      rules: [...new Set(over.map((span) => span.finding.ruleId))].join(', '),
      index: -1,
    }
  })
}
