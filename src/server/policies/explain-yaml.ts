import type { LineCounter, YAMLParseError } from 'yaml'
import type { PolicyFileSource } from './parse-policy-file.ts'
import type { PolicyProblem } from './policy-error.ts'

const quoted = 'Put the text in quotes if it holds : # { [ or begins with * or &.'

/** What to write instead, by the parser's own code. */
const advice: Partial<Record<YAMLParseError['code'], string>> = {
  TAB_AS_INDENT: 'a tab stands at the beginning of the line. Write spaces.',
  BAD_INDENT: 'the line begins too far left or right. Give it as many spaces as the lines beside it.',
  BLOCK_IN_FLOW: `a colon with a space stands in a text, or a line break where none can be. ${quoted}`,
  BLOCK_AS_IMPLICIT_KEY: `a colon with a space stands in a text, or the line begins too far right. ${quoted}`,
  MULTILINE_IMPLICIT_KEY:
    'a colon is missing, as in severity: block, or a text goes on in the next line. Put such a text in quotes.',
  DUPLICATE_KEY: 'the same word stands twice in one place. Keep one of them; a new rule begins with "- id:".',
  MULTIPLE_DOCS: '--- begins a second document. Put that into a file of its own.',
  BAD_SCALAR_START: 'a text cannot begin with @ or ` or %. Put it in quotes.',
  BAD_DQ_ESCAPE: 'a backslash in "double quotes" begins an escape. Use single quotes, or write it twice.',
}

function adviceFor(error: YAMLParseError): string {
  if (error.code === 'MISSING_CHAR')
    return /quote/.test(error.message)
      ? 'a quote is opened and not closed. Close it; inside single quotes an apostrophe is written twice.'
      : 'a [ or { or colon is opened or expected and not finished. Close the bracket, or put the text in quotes.'
  return advice[error.code] ?? `${error.message}. ${quoted}`
}

/** The line in which a quote opens that no quote closes; the parser only knows where the text ended. */
function lineOfOpenQuote(text: string): number | undefined {
  const lines = text.split('\n')
  const found = lines.findIndex((line) =>
    /[\s[{,:(-]['"]/.test(line.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/g, '')),
  )
  return found < 0 ? undefined : found + 1
}

/** The rule that stands last before an offset. */
function ruleBefore(text: string, offset: number): string | undefined {
  const rules = /^rules:/m.exec(text)
  if (rules === null || rules.index > offset) return undefined
  const before = text.slice(rules.index, text.indexOf('\n', offset) < 0 ? text.length : text.indexOf('\n', offset))
  return [...before.matchAll(/^\s*-\s*(?:\{\s*)?id:\s*["']?([\w.-]+)/gm)].at(-1)?.[1]
}

/** What is wrong with the YAML of a file: the first mistake, and every word that stands twice. The rest follows from the first. */
export function explainYaml(
  path: string,
  text: string,
  errors: readonly YAMLParseError[],
  lines: LineCounter,
): PolicyProblem[] {
  const [first] = errors
  return errors
    .filter((error) => error === first || (first?.code === 'DUPLICATE_KEY' && error.code === 'DUPLICATE_KEY'))
    .map((error) => {
      const open = error.code === 'MISSING_CHAR' && /quote/.test(error.message) ? lineOfOpenQuote(text) : undefined
      const line = open ?? lines.linePos(error.pos[0]).line
      const ruleId = ruleBefore(
        text,
        open === undefined ? error.pos[0] : text.split('\n').slice(0, open).join('\n').length,
      )
      const message = `This is not valid YAML: ${adviceFor(error)}`
      return ruleId === undefined ? { file: path, line, message } : { file: path, line, ruleId, message }
    })
}

/** What is wrong with a "*name" that no "&name" stands before, or with too many of them. */
export function explainAlias({ path, text }: PolicyFileSource, error: Error): PolicyProblem {
  const name = /: ([^\s:]+)$/.exec(error.message)?.[1]
  const at = name === undefined ? -1 : text.indexOf(`*${name}`)
  const ruleId = at < 0 ? undefined : ruleBefore(text, at)
  const what = name === undefined ? 'An alias cannot be followed' : `Nothing is called "&${name}" above "*${name}"`
  return {
    file: path,
    line: at < 0 ? 1 : text.slice(0, at).split('\n').length,
    ...(ruleId === undefined ? {} : { ruleId }),
    message: `${what}. Give the words a name under lists: and write '$name', or put a text that begins with * in quotes.`,
  }
}
