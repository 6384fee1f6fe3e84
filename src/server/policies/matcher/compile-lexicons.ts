import { G_HASH, G_JOINER, G_LEET, G_SYMBOL } from './char-class.ts'
import { makeContains, type ContainsTable } from './contains-table.ts'
import { classOf } from './fold-table.ts'
import { LexiconError, type EvasionLevel, type Language, type LexiconRule, type Term } from './lexicon.ts'
import { nameTerm, parseTerm, type Expression, type Word } from './parse-term.ts'
import { addRow, makeRowTrie, trimRowTrie, type RowTrie } from './row-trie.ts'
import type { ScanTable } from './scan-words.ts'
import { buildWordTable } from './word-table.ts'
import { makeWrittenForm, type WrittenForm } from './written-form.ts'

/** What the end of a row means: a hit of its rule, an exclusion of its rule, or a member of a group. */
export const TARGET_ANY = 0
export const TARGET_UNLESS = 1
export const TARGET_GROUP = 2

/** A term that is more than rows of words, over groups of rows. */
export type Formula =
  | { kind: 'group'; group: number }
  | { kind: 'either'; of: Formula[] }
  | { kind: 'next'; left: Formula; right: Formula }
  | { kind: 'near'; ordered: boolean; words: number; left: Formula; right: Formula }

export interface CompiledFormula {
  rule: number
  unless: boolean
  formula: Formula
}

export interface CompiledRule {
  id: string
  lang: Language | undefined
  evasion: EvasionLevel
}

/** Compiled lexicons: flat tables, immutable, shared by every scan. */
export interface Matcher extends ScanTable {
  rules: CompiledRule[]
  hasStrict: boolean
  trie: RowTrie
  /** Targets by number: kind, rule or group, next target of the same row, written form + 1. */
  targetKind: Uint8Array
  targetOf: Int32Array
  targetNext: Int32Array
  targetForm: Int32Array
  forms: WrittenForm[]
  formulas: CompiledFormula[]
  /** Formulas that a group takes part in. */
  groupFormulas: number[]
  contains: ContainsTable
}

interface Row {
  words: Word[]
  written: string
  exactCase: boolean
}
interface Draft {
  words: string[]
  starred: boolean[]
  numbers: Map<string, number>
  symbols: Set<number>
  rows: Int32Array
  rowEnds: number[]
  rowLength: number
  kinds: number[]
  ofs: number[]
  forms: number[]
  written: WrittenForm[]
  formulas: CompiledFormula[]
  groups: number[]
  hasTags: boolean
}

/** Rows that one term may be written out into; beyond that it is matched by its parts. */
const MOST_ROWS = 256

function wordNumber(draft: Draft, word: Word): number {
  const key = word.starred ? `${word.text}*` : word.text
  const known = draft.numbers.get(key)
  if (known !== undefined) return known
  const number = draft.words.length
  draft.words.push(word.text)
  draft.starred.push(word.starred)
  draft.numbers.set(key, number)
  if (word.text.length === 1 && isSymbolUnit(word.text)) draft.symbols.add(word.text.charCodeAt(0))
  if (word.text.length > 1 && (word.text.startsWith('$') || word.text.startsWith('#'))) draft.hasTags = true
  return number
}

function isSymbolUnit(text: string): boolean {
  return (classOf(text.charCodeAt(0)) & (G_SYMBOL | G_LEET | G_HASH | G_JOINER)) !== 0 && !/[\p{L}\p{N}]/u.test(text)
}

function addTarget(draft: Draft, row: Row, kind: number, of: number, rule: LexiconRule): void {
  for (const word of row.words) {
    if (draft.rowLength === draft.rows.length) {
      const larger = new Int32Array(draft.rows.length * 2)
      larger.set(draft.rows)
      draft.rows = larger
    }
    draft.rows[draft.rowLength++] = wordNumber(draft, word)
  }
  draft.rowEnds.push(draft.rowLength)
  draft.kinds.push(kind)
  draft.ofs.push(of)
  const exactCase = row.exactCase || !rule.fold.includes('case')
  const form = makeWrittenForm(row.written, exactCase, !rule.fold.includes('accents'))
  draft.forms.push(form === null ? 0 : draft.written.push(form))
}

/** Every row of words that an expression stands for, or null when it is more than rows or too many. */
function rowsOf(expression: Expression): Row[] | null {
  if (expression.kind === 'row') return [expression]
  if (expression.kind === 'near') return null
  const parts = expression.of.map(rowsOf)
  if (!parts.every((rows) => rows !== null)) return null
  if (expression.kind === 'either') return parts.flat()
  if (parts.reduce((product, rows) => product * rows.length, 1) > MOST_ROWS) return null
  return parts.reduce((left, right) => left.flatMap((a) => right.map((b) => joinRow(a, b))))
}

function joinRow(a: Row, b: Row): Row {
  return {
    words: [...a.words, ...b.words],
    written: `${a.written} ${b.written}`,
    exactCase: a.exactCase || b.exactCase,
  }
}

function compileFormula(draft: Draft, expression: Expression, rule: LexiconRule, number: number): Formula {
  const rows = rowsOf(expression)
  if (rows !== null) {
    const group = draft.groups.push(number) - 1
    for (const row of rows) addTarget(draft, row, TARGET_GROUP, group, rule)
    return { kind: 'group', group }
  }
  const compile = (part: Expression): Formula => compileFormula(draft, part, rule, number)
  if (expression.kind === 'near') {
    return {
      kind: 'near',
      ordered: expression.ordered,
      words: expression.words,
      left: compile(expression.left),
      right: compile(expression.right),
    }
  }
  if (expression.kind === 'row') throw new Error('A row is its own rows.')
  const of = expression.of.map(compile)
  return expression.kind === 'either'
    ? { kind: 'either', of }
    : of.reduce((left, right) => ({ kind: 'next', left, right }))
}

function compileTerm(
  draft: Draft,
  term: Term,
  rule: LexiconRule,
  index: number,
  unless: boolean,
  lists: Record<string, readonly Term[]>,
): void {
  const expression = parseTerm(term, { ruleId: rule.id, lists, open: [], exactCase: false })
  const rows = rowsOf(expression)
  if (rows !== null) {
    for (const row of rows) addTarget(draft, row, unless ? TARGET_UNLESS : TARGET_ANY, index, rule)
    return
  }
  const number = draft.formulas.length
  const compiled: CompiledFormula = { rule: index, unless, formula: { kind: 'either', of: [] } }
  draft.formulas.push(compiled)
  compiled.formula = compileFormula(draft, expression, rule, number)
}

function compileContains(
  term: Term,
  rule: LexiconRule,
  index: number,
  lists: Record<string, readonly Term[]>,
  found: [string, number][],
): void {
  const rows = rowsOf(parseTerm(term, { ruleId: rule.id, lists, open: [], exactCase: false }))
  if (rows === null)
    throw new LexiconError(rule.id, nameTerm(term), 'Use match: word for NEAR and PRE; contains takes plain text only.')
  for (const row of rows) {
    const text = row.words.map((word) => word.text).join(' ')
    if (text.length < 3)
      throw new LexiconError(rule.id, nameTerm(term), 'Write at least 3 letters, or use match: word.')
    found.push([text, index])
  }
}

function finish(draft: Draft, rules: readonly LexiconRule[], contains: [string, number][]): Matcher {
  const trie = makeRowTrie(draft.words.length, draft.rowLength)
  const targetNext = new Int32Array(draft.kinds.length).fill(-1)
  let from = 0
  draft.rowEnds.forEach((end, target) => {
    const node = addRow(trie, draft.rows.subarray(from, end))
    targetNext[target] = trie.targets[node] as number
    trie.targets[node] = target
    from = end
  })
  return {
    rules: rules.map(({ id, lang, evasion }) => ({ id, lang, evasion })),
    words: buildWordTable(draft.words, draft.starred),
    symbols: draft.symbols,
    hasTags: draft.hasTags,
    hasViews: rules.some((rule) => rule.evasion !== 'off'),
    hasStrict: rules.some((rule) => rule.evasion === 'strict'),
    trie: trimRowTrie(trie),
    targetKind: Uint8Array.from(draft.kinds),
    targetOf: Int32Array.from(draft.ofs),
    targetNext,
    targetForm: Int32Array.from(draft.forms),
    forms: draft.written,
    formulas: draft.formulas,
    groupFormulas: draft.groups,
    contains: makeContains(contains),
  }
}

/**
 * Compiles the terms of all rules into one matcher. `$name` in a term stands for the list `name`. Patterns are left to
 * the caller. Throws a LexiconError that names the rule, the term and what to write instead.
 */
export function compileLexicons(rules: readonly LexiconRule[], lists: Record<string, readonly Term[]>): Matcher {
  const draft: Draft = {
    words: [],
    starred: [],
    numbers: new Map(),
    symbols: new Set(),
    rows: new Int32Array(1024),
    rowEnds: [],
    rowLength: 0,
    kinds: [],
    ofs: [],
    forms: [],
    written: [],
    formulas: [],
    groups: [],
    hasTags: false,
  }
  const contains: [string, number][] = []
  rules.forEach((rule, index) => {
    for (const term of rule.any) {
      if (isPattern(term)) continue
      if (rule.match === 'contains') compileContains(term, rule, index, lists, contains)
      else compileTerm(draft, term, rule, index, false, lists)
    }
    for (const term of rule.unless) if (!isPattern(term)) compileTerm(draft, term, rule, index, true, lists)
  })
  return finish(draft, rules, contains)
}

function isPattern(term: Term): boolean {
  return typeof term !== 'string' && 'pattern' in term
}
