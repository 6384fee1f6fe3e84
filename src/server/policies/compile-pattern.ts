import { RE2JS } from 're2js'
import type { Range } from './detectors/compact-view.ts'
import type { RawPattern } from './raw-policy.ts'

/** An officer's own expression, linear in time, asked only where its literal occurs. */
export interface Pattern {
  readonly source: string
  /** Ranges of the matches; `folded` answers the text in lower case. */
  find(text: string, folded: { readonly lower: string }): readonly Range[]
}

/** Compiles a pattern. Throws an Error with what to write instead when it is no RE2 or the literal is not in it. */
export function compilePattern(raw: RawPattern): Pattern {
  const fold = raw.case !== 'exact'
  const literal = fold ? raw.literal.toLowerCase() : raw.literal
  const plain = raw.regex.replaceAll(/\\([^A-Za-z0-9])/g, '$1')
  if (!(fold ? plain.toLowerCase() : plain).includes(literal)) {
    throw new Error(
      `The literal "${raw.literal}" does not occur in the pattern. Write a word that every match contains.`,
    )
  }
  const compiled = compile(raw.regex, fold)
  return {
    source: raw.regex,
    find: (text, folded) => ((fold ? folded.lower : text).includes(literal) ? findAll(compiled, text) : none),
  }
}

function compile(regex: string, fold: boolean): RE2JS {
  try {
    return RE2JS.compile(regex, fold ? RE2JS.CASE_INSENSITIVE : 0)
  } catch (error) {
    throw new Error(
      `The pattern ${regex} cannot be used (${(error as Error).message}). Patterns are RE2: no look-around and no back-references.`,
      { cause: error },
    )
  }
}

const none: readonly Range[] = []

function findAll(pattern: RE2JS, text: string): Range[] {
  const found: Range[] = []
  const matcher = pattern.matcher(text)
  while (matcher.find()) if (matcher.end() > matcher.start()) found.push([matcher.start(), matcher.end()])
  return found
}
