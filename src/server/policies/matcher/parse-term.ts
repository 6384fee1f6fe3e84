import { foldText } from './fold-table.ts'
import { LexiconError, type Term } from './lexicon.ts'
import { scanWords, type ScanTable } from './scan-words.ts'
import { buildWordTable, PREFIX_MIN } from './word-table.ts'
import { W } from './workspace.ts'

/*
 * The grammar of a term:
 *
 *   term   := near { '|' near }                              lowest precedence
 *   near   := row { ('NEAR/' n | 'PRE/' n) row }             from left to right
 *   row    := item { item }                                  words next to each other, highest precedence
 *   item   := word [ '*' ] | '$list-name' | '(' term ')' | '"' anything '"'
 *
 * so that `a b NEAR/3 c | d` is `((a b) NEAR/3 c) | d`. Inside double quotes everything is literal: `"NEAR/5"`, `"$list"`,
 * `"a|b"`, `"5 *"`; a quoted text is a row of words and symbols. NEAR, PRE, AND, OR and NOT count as operators only in
 * capitals. A star stands at the end of a word of at least three letters and takes any ending. n is 0 to 50.
 */

/** One word of a row: folded, and whether a star follows. Symbols stand for themselves; a tag begins with its sign. */
export interface Word {
  text: string
  starred: boolean
}
/** `written` is the row as the officer wrote it, stars included. */
export type Expression =
  | { kind: 'row'; words: Word[]; written: string; exactCase: boolean }
  | { kind: 'either'; of: Expression[] }
  | { kind: 'next'; of: Expression[] }
  | { kind: 'near'; ordered: boolean; words: number; left: Expression; right: Expression }

type Token =
  | { kind: 'open' | 'close' | 'bar' }
  | { kind: 'near'; ordered: boolean; words: number }
  | { kind: 'list'; name: string }
  | { kind: 'text'; text: string; quoted: boolean }

/** What a term is parsed in: its rule, the lists, and whether its case counts. */
export interface TermContext {
  ruleId: string
  lists: Readonly<Record<string, readonly Term[]>>
  /** Lists being expanded, to find one that contains itself. */
  open: readonly string[]
  exactCase: boolean
}

const SIMPLE = /^[a-z0-9]+(?: [a-z0-9]+)*$/
const LEXER = /\s+|"([^"]*)"|([()|])|([^\s()|"]+)|"/gy
const MOST_APART = 50
const READER: ScanTable = { words: buildWordTable([], []), symbols: null, hasTags: false, hasViews: false }

/** Cuts a text into folded words and symbols as a post would be cut. */
export function cutWords(text: string): string[] {
  if (SIMPLE.test(text)) return text.split(' ')
  scanWords(READER, text, 'short')
  return Array.from({ length: W.tokens }, (_, k) => {
    const written = text.slice(W.tokenStart[k], W.tokenEnd[k])
    return written.length === 1 ? foldText(written) : foldText(written).replace(/[’‘ʼ`´′＇‛]/g, "'")
  })
}

function readOperator(word: string, fail: (message: string) => never): Token | undefined {
  const near = /^(NEAR|PRE)(?:\/(.*))?$/.exec(word)
  if (near !== null) {
    const words = /^\d{1,2}$/.test(near[2] ?? '') ? Number(near[2]) : -1
    if (words < 0 || words > MOST_APART) fail(`Write ${near[1]}/5: a slash and a number from 0 to ${MOST_APART}.`)
    return { kind: 'near', ordered: near[1] === 'PRE', words }
  }
  if (word === 'OR') fail('Write | instead of OR, or put "OR" in quotes.')
  if (word === 'AND') fail('Write NEAR/10 (or another number) instead of AND, or put "AND" in quotes.')
  if (word === 'NOT') fail('Put what must not stand there under unless, or put "NOT" in quotes.')
  return undefined
}

function readTokens(text: string, fail: (message: string) => never): Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(LEXER)) {
    const [whole, quoted, mark, word] = match
    if (whole === '"') fail('Close the double quote.')
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted, quoted: true })
    else if (mark !== undefined) tokens.push({ kind: mark === '(' ? 'open' : mark === ')' ? 'close' : 'bar' })
    else if (word !== undefined) {
      if (/^\$[\w-]+$/.test(word)) tokens.push({ kind: 'list', name: word.slice(1) })
      else tokens.push(readOperator(word, fail) ?? { kind: 'text', text: word, quoted: false })
    }
  }
  return tokens
}

function readRow(text: string, quoted: boolean, context: TermContext, fail: (message: string) => never): Expression {
  const starred = !quoted && text.endsWith('*')
  const bare = starred ? text.slice(0, -1) : text
  if (!quoted && bare.startsWith('*')) fail('A star can only end a word. Use match: contains to find a word ending.')
  if (!quoted && bare.includes('*')) fail('A star can only end a word: write the forms out with |.')
  if (!quoted && /^#./.test(bare)) fail(`Write { hashtag: ${bare.slice(1)} }, or put it in quotes.`)
  const words = cutWords(bare).map((word) => ({ text: word, starred: false }))
  const last = words.at(-1)
  if (last === undefined) return fail(`"${text}" has no letter, digit or symbol that can be found.`)
  if (starred) {
    if (last.text.length < PREFIX_MIN) fail(`Write at least ${PREFIX_MIN} letters before the star, or list the forms.`)
    last.starred = true
  }
  return { kind: 'row', words, written: text, exactCase: context.exactCase }
}

function expandList(name: string, context: TermContext, fail: (message: string) => never): Expression {
  const list = Object.hasOwn(context.lists, name) ? context.lists[name] : undefined
  if (list === undefined)
    return fail(`There is no list "${name}". Define it under lists, write { cashtag: ${name} }, or put it in quotes.`)
  if (context.open.includes(name))
    return fail(`The list "${name}" contains itself: ${[...context.open, name].join(' → ')}.`)
  if (list.length === 0) return fail(`The list "${name}" is empty: give it at least one term.`)
  return { kind: 'either', of: list.map((term) => parseTerm(term, { ...context, open: [...context.open, name] })) }
}

/** Joins neighbouring rows into one, so that most terms end as a single row. */
function joinRows(parts: Expression[]): Expression {
  const joined: Expression[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (last?.kind === 'row' && part.kind === 'row') {
      joined[joined.length - 1] = {
        ...last,
        words: [...last.words, ...part.words],
        written: `${last.written} ${part.written}`,
      }
    } else joined.push(part)
  }
  return joined.length === 1 ? (joined[0] as Expression) : { kind: 'next', of: joined }
}

function parseTokens(tokens: readonly Token[], context: TermContext, fail: (message: string) => never): Expression {
  let at = 0
  const parseEither = (): Expression => {
    const of = [parseNear()]
    while (tokens[at]?.kind === 'bar') {
      at++
      of.push(parseNear())
    }
    return of.length === 1 ? (of[0] as Expression) : { kind: 'either', of }
  }
  const parseNear = (): Expression => {
    let left = parseRow()
    for (let token = tokens[at]; token?.kind === 'near'; token = tokens[at]) {
      at++
      left = { kind: 'near', ordered: token.ordered, words: token.words, left, right: parseRow() }
    }
    return left
  }
  const parseRow = (): Expression => {
    const parts: Expression[] = []
    for (let token = tokens[at]; token !== undefined; token = tokens[at]) {
      if (token.kind === 'close' || token.kind === 'bar' || token.kind === 'near') break
      at++
      if (token.kind === 'list') parts.push(expandList(token.name, context, fail))
      else if (token.kind === 'text') parts.push(readRow(token.text, token.quoted, context, fail))
      else {
        parts.push(parseEither())
        if (tokens[at]?.kind !== 'close') fail('Close the parenthesis.')
        at++
      }
    }
    if (parts.length === 0) fail('A word is missing: an operator, a bar or parentheses have nothing beside or in them.')
    return joinRows(parts)
  }
  const parsed = parseEither()
  if (at < tokens.length) fail('There is a closing parenthesis too many.')
  return parsed
}

/** How a term is named in messages. */
export function nameTerm(term: Term): string {
  return typeof term === 'string' ? term : 'text' in term ? term.text : JSON.stringify(term)
}

function parseTag(sign: string, tag: string, fail: (message: string) => never): Expression {
  const words = cutWords(tag)
  const [word] = words
  if (words.length !== 1 || word === undefined)
    return fail('Write a tag as one run of letters and digits, without its sign.')
  return { kind: 'row', words: [{ text: sign + word, starred: false }], written: '', exactCase: false }
}

/** Parses one term. Throws a LexiconError that says what to write instead. */
export function parseTerm(term: Term, context: TermContext): Expression {
  const fail = (message: string): never => {
    throw new LexiconError(context.ruleId, nameTerm(term), message)
  }
  if (typeof term === 'string')
    return SIMPLE.test(term) ? simpleRow(term, context.exactCase) : parseTokens(readTokens(term, fail), context, fail)
  if ('cashtag' in term) return parseTag('$', term.cashtag, fail)
  if ('hashtag' in term) return parseTag('#', term.hashtag, fail)
  if ('pattern' in term) return fail('A pattern can stand under any or unless of a rule, not in a list.')
  const own = parseTokens(readTokens(term.text, fail), { ...context, exactCase: term.case === 'exact' }, fail)
  if (term.near === undefined) return own
  if (term.near.of.length === 0) return fail('Give near at least one word under of.')
  const of = term.near.of.map((text) => parseTerm(text, { ...context, exactCase: false }))
  return { kind: 'near', ordered: false, words: term.near.words, left: own, right: { kind: 'either', of } }
}

function simpleRow(term: string, exactCase: boolean): Expression {
  return { kind: 'row', words: term.split(' ').map((text) => ({ text, starred: false })), written: term, exactCase }
}
