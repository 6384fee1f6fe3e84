import { useMemo } from 'react'
import type { Finding, Severity } from '#shared/api/policies.ts'

interface Piece {
  readonly text: string
  readonly severity: Severity | undefined
  readonly rules: string
  readonly index: number
}

/** A text with what policy found in it, marked by tint and a solid underline; each mark says its rule. */
export function HighlightedText({
  text,
  findings,
  lang,
  active,
}: {
  text: string
  findings: readonly Finding[]
  lang?: string | null
  active?: number | undefined
}) {
  const pieces = useMemo(() => cutText(text, findings), [text, findings])
  return (
    <p className="post" {...(lang === null || lang === undefined ? {} : { lang })}>
      {pieces.map((piece, index) =>
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
      )}
    </p>
  )
}

const ranks: readonly Severity[] = ['note', 'review', 'block']

/** Cuts a text at the edges of its hits; where hits overlap, the worst one colours. Offsets are UTF-16. */
export function cutText(text: string, findings: readonly Finding[]): Piece[] {
  const spans = findings.flatMap((finding) =>
    finding.spans.filter((span) => span.field === 'text').map((span) => ({ ...span, finding })),
  )
  const edges = [...new Set([0, text.length, ...spans.flatMap((span) => [span.start, span.end])])]
    .filter((edge) => edge >= 0 && edge <= text.length)
    .toSorted((a, b) => a - b)
  let hits = 0
  return edges.slice(0, -1).map((start, position) => {
    const end = edges[position + 1]!
    const over = spans.filter((span) => span.start <= start && span.end >= end)
    const worst = over.map((span) => span.finding.severity).toSorted((a, b) => ranks.indexOf(b) - ranks.indexOf(a))[0]
    return {
      text: text.slice(start, end),
      severity: worst,
      rules: [...new Set(over.map((span) => span.finding.ruleId))].join(', '),
      index: worst === undefined ? -1 : hits++,
    }
  })
}
