import { findContained } from './contains-table.ts'
import { TARGET_ANY, TARGET_GROUP, type Matcher } from './compile-lexicons.ts'
import { evaluateFormula, keepNarrowest, orderTokens, type Span } from './evaluate-formula.ts'
import { findRows, R } from './find-rows.ts'
import { alignToGraphemes } from './grapheme-edge.ts'
import { isClearlyNot } from './guess-language.ts'
import { joinAcrossSpaces } from './join-across-spaces.ts'
import type { Hit, Language, TextField, Via } from './lexicon.ts'
import { hasOverride, reorderBidi, type VisualText } from './reorder-bidi.ts'
import { isWanted, liveFormulas, weighRows } from './weigh-rows.ts'
import { scanWords } from './scan-words.ts'
import { isAccident, isPreposition } from './short-word.ts'
import { isTurned, turnUpsideDown } from './turn-upside-down.ts'
import * as V from './workspace.ts'
import { isLiteral, isWrittenAs } from './written-form.ts'

const VIAS: readonly [number, Via][] = [
  [V.VIA_BIDI, 'bidi'],
  [V.VIA_CONFUSABLE, 'confusable'],
  [V.VIA_LEET, 'leet'],
  [V.VIA_SPACED | V.VIA_STRICT, 'spaced'],
  [V.VIA_JOINED, 'joined'],
  [V.VIA_EMOJI, 'emoji'],
  [V.VIA_REPEATED, 'repeated'],
  [V.VIA_HASHTAG, 'hashtag'],
  [V.VIA_FOLDED, 'folded'],
]
/** Views in which `unless` counts: the plain one, and a hashtag cut at its capitals, which hides nothing. */
const OPEN_VIEWS = V.VIA_HASHTAG | V.PART
/** Text read on either side of a hit to tell its language. */
const AROUND = 200

interface Found {
  /** Rows of words: the longest of overlapping ones counts. */
  rows: Map<number, Span[]>
  /** Formulas (NEAR, PRE): the narrowest of overlapping ones counts. */
  formulas: Map<number, Span[]>
  exclusions: Map<number, Span[]>
}

function put<T>(map: Map<number, T[]>, key: number, value: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** Checks how a row is written; answers its flags, or -1 when it does not count. */
function flagsOfRow(matcher: Matcher, text: string, row: number): number {
  const flags = R.flags[row] as number
  const form = matcher.forms[(matcher.targetForm[R.target[row] as number] as number) - 1]
  if (form === undefined) return flags
  const written = text.slice(R.start[row], R.end[row])
  if (isLiteral(form, written)) return isWrittenAs(form, written) ? flags & ~V.VIA_SPACED : -1
  return isWrittenAs(form, written) ? flags : -1
}

function collectRows(matcher: Matcher, text: string): Found {
  const found: Found = { rows: new Map(), formulas: new Map(), exclusions: new Map() }
  if (!weighRows(matcher)) return found
  const groups = new Map<number, Span[]>()
  for (let row = 0; row < R.length; row++) {
    const target = R.target[row] as number
    if (!isWanted(matcher, target)) continue
    const kind = matcher.targetKind[target]
    const flags = flagsOfRow(matcher, text, row)
    if (flags < 0) continue
    const span: Span = {
      start: R.start[row] as number,
      end: R.end[row] as number,
      first: R.first[row] as number,
      last: R.last[row] as number,
      flags,
    }
    if (matcher.forms[(matcher.targetForm[target] as number) - 1]?.endsInSur === true && isPreposition(text, span))
      continue
    if (kind === TARGET_GROUP) put(groups, matcher.targetOf[target] as number, span)
    else if (kind !== TARGET_ANY) put(found.exclusions, matcher.targetOf[target] as number, span)
    else if (R.depth[row] !== 1 || !isAccident(text, span, matcher.targetForm[target] !== 0))
      put(found.rows, matcher.targetOf[target] as number, span)
  }
  if (groups.size > 0) collectFormulas(matcher, text, groups, found)
  return found
}

function collectFormulas(matcher: Matcher, text: string, groups: ReadonlyMap<number, Span[]>, found: Found): void {
  const order = orderTokens(text)
  for (const number of liveFormulas()) {
    const { rule, unless, formula } = matcher.formulas[number] as Matcher['formulas'][number]
    const spans = evaluateFormula(formula, groups, order)
    for (const span of spans)
      if ((span.flags & V.VAGUE) === 0) put(unless ? found.exclusions : found.formulas, rule, span)
  }
}

/** Hits of one rule that no exclusion cancels and that do not overlap. */
function settleRule(matcher: Matcher, rule: number, found: Found): Span[] {
  const level = matcher.rules[rule]?.evasion
  const hidden = level === 'off' ? ~V.PART : level === 'strict' ? 0 : V.VIA_STRICT
  const isSeen = ({ flags }: Span): boolean => (flags & hidden) === 0
  const exclusions = (found.exclusions.get(rule) ?? []).filter(({ flags }) => (flags & ~OPEN_VIEWS) === 0)
  const rows = keepStanding((found.rows.get(rule) ?? []).filter(isSeen), exclusions)
  const formulas = keepStanding((found.formulas.get(rule) ?? []).filter(isSeen), exclusions)
  return keepLongest([...rows, ...keepNarrowest(formulas)])
}

/** Drops the spans that overlap an exclusion. Both are swept once, in order. */
function keepStanding(spans: Span[], exclusions: Span[]): Span[] {
  if (exclusions.length === 0) return spans
  exclusions.sort((a, b) => a.start - b.start)
  spans.sort((a, b) => a.start - b.start)
  const merged: Span[] = []
  for (const exclusion of exclusions) {
    const last = merged.at(-1)
    if (last !== undefined && exclusion.start < last.end) last.end = Math.max(last.end, exclusion.end)
    else merged.push({ ...exclusion })
  }
  let at = 0
  return spans.filter((span) => {
    while (at < merged.length && (merged[at] as Span).end <= span.start) at++
    return !(at < merged.length && (merged[at] as Span).start < span.end)
  })
}

/** Of overlapping hits of one rule, the one that begins first, then the longest, then the plainest. */
function keepLongest(spans: Span[]): Span[] {
  spans.sort((a, b) => a.start - b.start || b.end - a.end || a.flags - b.flags)
  const kept: Span[] = []
  for (const span of spans) if (kept.length === 0 || span.start >= (kept.at(-1) as Span).end) kept.push(span)
  return kept
}

function isOtherLanguage(
  ruleLang: Language | undefined,
  lang: Language | undefined,
  text: string,
  span: Span,
): boolean {
  if (ruleLang === undefined || lang === undefined || ruleLang === lang) return false
  return isClearlyNot(ruleLang, text.slice(Math.max(0, span.start - AROUND), span.end + AROUND))
}

/** Scans one text once; spans are offsets in it. */
function matchOnce(
  matcher: Matcher,
  text: string,
  kind: TextField['kind'],
  lang: Language | undefined,
): Map<number, Span[]> {
  scanWords(matcher, text, kind)
  if (matcher.hasStrict && kind !== 'url') joinAcrossSpaces(matcher.words, text)
  findRows(matcher, text, kind === 'url')
  const settled = new Map<number, Span[]>()
  if (R.length === 0 && matcher.contains.texts.length === 0) return settled
  const found = collectRows(matcher, text)
  if (matcher.contains.texts.length > 0) {
    findContained(matcher.contains, text, (rule, start, end) =>
      put(found.rows, rule, { start, end, first: 0, last: 0, flags: 0 }),
    )
  }
  for (const rule of new Set([...found.rows.keys(), ...found.formulas.keys()])) {
    const { lang: ruleLang } = matcher.rules[rule] as Matcher['rules'][number]
    const kept = settleRule(matcher, rule, found).filter((span) => !isOtherLanguage(ruleLang, lang, text, span))
    if (kept.length > 0) settled.set(rule, kept)
  }
  return settled
}

/** Adds what only the eye sees: the text as overrides turn it round, or upside down. */
function addVisual(
  matcher: Matcher,
  field: TextField,
  visual: VisualText,
  lang: Language | undefined,
  settled: Map<number, Span[]>,
): void {
  for (const [rule, spans] of matchOnce(matcher, visual.text, field.kind, lang)) {
    if (matcher.rules[rule]?.evasion === 'off') continue
    const known = settled.get(rule) ?? []
    for (const span of spans) {
      const turned = turnBack(visual.places, span)
      if (!known.some((other) => other.start < turned.end && turned.start < other.end)) put(settled, rule, turned)
    }
  }
}

function turnBack(places: Int32Array, span: Span): Span {
  let start = Number.MAX_SAFE_INTEGER
  let end = 0
  for (let at = span.start; at < span.end; at++) {
    start = Math.min(start, places[at] as number)
    end = Math.max(end, (places[at] as number) + 1)
  }
  return { ...span, start, end, flags: span.flags | V.VIA_BIDI }
}

function viaOf(flags: number): Via {
  return VIAS.find(([bits]) => (flags & bits) !== 0)?.[1] ?? 'plain'
}

/**
 * Every place in the fields where a rule's terms stand, by field, then rule, then place.
 *
 * A rule with `lang` is set aside only where the post is declared to be in the other language and the text around the hit
 * clearly is (`guess-language.ts`). Spans are UTF-16 offsets in the field's own text, on grapheme boundaries.
 */
export function matchText(
  matcher: Matcher,
  fields: readonly TextField[],
  options: { lang?: Language | undefined },
): Hit[] {
  const hits: Hit[] = []
  for (const field of fields) {
    const settled = matchOnce(matcher, field.text, field.kind, options.lang)
    if (matcher.hasViews) {
      if (hasOverride(field.text)) addVisual(matcher, field, reorderBidi(field.text), options.lang, settled)
      if (isTurned(field.text)) addVisual(matcher, field, turnUpsideDown(field.text), options.lang, settled)
    }
    if (settled.size === 0) continue
    for (const rule of Array.from(settled.keys()).sort((a, b) => a - b)) {
      for (const span of (settled.get(rule) ?? []).sort((a, b) => a.start - b.start)) {
        const { start, end } = alignToGraphemes(field.text, span.start, span.end)
        hits.push({ rule, field: field.field, start, end, via: viaOf(span.flags) })
      }
    }
  }
  return hits
}
