import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from 'react'
import type { Severity } from '#shared/api/policies.ts'

/** One hit in the text: offsets in UTF-16 code units. */
export interface Hit {
  readonly start: number
  readonly end: number
  readonly severity: Severity
}

export interface EditorHandle {
  focus(): void
  select(hit: Hit): void
  replace(hit: Hit, text: string): void
}

const severities: readonly Severity[] = ['block', 'review', 'note']

interface Props {
  readonly id: string
  readonly labelledBy: string
  readonly describedBy: string
  readonly initialText: string
  readonly hits: readonly Hit[]
  readonly invalid: boolean
  readonly language: string | undefined
  readonly onText: (text: string) => void
  readonly ref?: Ref<EditorHandle>
}

/**
 * A native textarea over a mirror that holds one text node; hits are painted on the mirror with the CSS Custom Highlight
 * API. No DOM node comes or goes while typing, and React never touches the value: either would close the browser's undo
 * group and make Ctrl+Z undo single letters.
 */
export function HighlightEditor({
  id,
  labelledBy,
  describedBy,
  initialText,
  hits,
  invalid,
  language,
  onText,
  ref,
}: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const mirror = useRef<HTMLDivElement>(null)
  const shown = useRef<readonly Hit[]>(hits)
  // The text is the person's from here on: a later `initialText` must not overwrite it.
  const [firstText] = useState(initialText)

  const follow = () => {
    if (mirror.current !== null && area.current !== null) mirror.current.scrollTop = area.current.scrollTop
  }

  useLayoutEffect(() => {
    area.current!.value = firstText
    textOf(mirror.current!).data = `${firstText}\n`
  }, [firstText])
  useLayoutEffect(() => {
    shown.current = hits
    paint(mirror.current!, hits)
  }, [hits])
  useEffect(
    () => () => {
      for (const severity of severities) CSS.highlights?.delete(`hit-${severity}`)
    },
    [],
  )

  const select = (hit: Hit) => {
    const element = area.current!
    element.focus()
    element.setSelectionRange(hit.start, hit.end)
    follow()
  }
  useImperativeHandle(ref, () => ({
    focus: () => area.current?.focus(),
    select,
    replace(hit, text) {
      select(hit)
      // The only way that Ctrl+Z can take back.
      document.execCommand('insertText', false, text)
    },
  }))

  const onInput = () => {
    const now = area.current!.value
    const shadow = textOf(mirror.current!)
    shown.current = shiftHits(shown.current, shadow.data.slice(0, -1), now)
    shadow.data = `${now}\n`
    paint(mirror.current!, shown.current)
    follow()
    onText(now)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'F8' || shown.current.length === 0) return
    event.preventDefault()
    const sorted = shown.current.toSorted((a, b) => a.start - b.start)
    const at = area.current!.selectionStart
    const next = event.shiftKey
      ? (sorted.findLast((hit) => hit.start < at) ?? sorted.at(-1)!)
      : (sorted.find((hit) => hit.start > at) ?? sorted[0]!)
    select(next)
  }

  return (
    <div className="editor">
      <div ref={mirror} className="editor-mirror" aria-hidden="true" />
      <textarea
        ref={area}
        id={id}
        className="editor-area"
        rows={9}
        lang={language}
        aria-labelledby={labelledBy}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        spellCheck
        onInput={onInput}
        onScroll={follow}
        onKeyDown={onKeyDown}
      />
    </div>
  )
}

/** The one text node of the mirror. */
function textOf(mirror: HTMLElement): Text {
  if (mirror.firstChild === null) mirror.append('')
  return mirror.firstChild as Text
}

function paint(mirror: HTMLElement, hits: readonly Hit[]): void {
  if (!('highlights' in CSS)) return
  for (const severity of severities) {
    const ranges = hits.filter((hit) => hit.severity === severity).map((hit) => rangeOf(textOf(mirror), hit))
    const highlight = new Highlight(...ranges)
    highlight.priority = severities.length - severities.indexOf(severity)
    CSS.highlights.set(`hit-${severity}`, highlight)
  }
}

function rangeOf(text: Text, hit: Hit): Range {
  const range = document.createRange()
  range.setStart(text, Math.min(hit.start, text.length))
  range.setEnd(text, Math.min(hit.end, text.length))
  return range
}

/** Moves hits along with an edit until the server has answered for the new text; a hit that was edited goes. */
function shiftHits(hits: readonly Hit[], before: string, after: string): Hit[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++
  const moved = after.length - before.length
  const end = before.length - tail
  return hits.flatMap((hit) => {
    if (hit.end <= head) return [hit]
    return hit.start >= end ? [{ ...hit, start: hit.start + moved, end: hit.end + moved }] : []
  })
}
