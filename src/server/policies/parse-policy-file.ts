import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { isCollection, isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { explainAlias, explainYaml } from './explain-yaml.ts'
import { nearestWord } from './nearest-word.ts'
import type { PolicyProblem } from './policy-error.ts'
import type { RawPolicy } from './raw-policy.ts'
import { policySchema } from './policy-schema.ts'

/** One file of YAML with the path that messages name. */
export interface PolicyFileSource {
  readonly path: string
  readonly text: string
}

export type YamlPath = readonly (string | number)[]

/** A file read against the schema, with a way from any of its places to its line. */
export interface ParsedPolicyFile {
  readonly path: string
  readonly raw: RawPolicy | undefined
  readonly problems: readonly PolicyProblem[]
  /** A problem at a place of the document. */
  problemAt(place: YamlPath, message: string): PolicyProblem
}

/** In UTF-16 units: several times a lexicon of 100,000 terms. */
const longestFile = 5_000_000

let compiled: ValidateFunction<RawPolicy> | undefined

/** Compiled with the first file: a start whose policies are known reads none. */
function schemaCheck(): ValidateFunction<RawPolicy> {
  const options = { allErrors: true, verbose: true, strict: true, strictRequired: false, allowUnionTypes: true }
  return (compiled ??= new Ajv(options).compile<RawPolicy>(policySchema))
}

/** Reads one YAML file. Never throws: syntax and schema mistakes come back as problems, all at once. */
export function parsePolicyFile(source: PolicyFileSource): ParsedPolicyFile {
  if (source.text.length > longestFile) return refuseLong(source)
  const lines = new LineCounter()
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false })
  const problemAt = (place: YamlPath, message: string): PolicyProblem => {
    const ruleId = ruleAt(document, place)
    const line = lineOf(document, lines, place)
    return ruleId === undefined ? { file: source.path, line, message } : { file: source.path, line, ruleId, message }
  }
  const strange = source.text.indexOf('\ufffd')
  if (strange >= 0) return refuseBytes(source, lines.linePos(strange).line)
  const syntax = explainYaml(source.path, source.text, document.errors, lines)
  if (syntax.length > 0) return { path: source.path, raw: undefined, problems: syntax, problemAt }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { path: source.path, raw: undefined, problems: [explainAlias(source, error as Error)], problemAt }
  }
  const validate = schemaCheck()
  if (validate(value)) return { path: source.path, raw: value, problems: [], problemAt }
  const problems = (validate.errors ?? []).filter(isTelling).map((error) => describe(error, problemAt))
  return { path: source.path, raw: undefined, problems: dropRepeats(problems), problemAt }
}

function refuseBytes({ path }: PolicyFileSource, line: number): ParsedPolicyFile {
  const problemAt = (_place: YamlPath, message: string): PolicyProblem => ({ file: path, line, message })
  const message = 'A letter of this line cannot be read. Save the file as UTF-8.'
  return { path, raw: undefined, problems: [problemAt([], message)], problemAt }
}

function refuseLong({ path, text }: PolicyFileSource): ParsedPolicyFile {
  const problemAt = (_place: YamlPath, message: string): PolicyProblem => ({ file: path, line: 1, message })
  const message = `The file has ${text.length} characters, and at most ${longestFile} are read. Split it into several.`
  return { path, raw: undefined, problems: [problemAt([], message)], problemAt }
}

const kinds: Readonly<Record<string, string>> = {
  integer: 'a whole number, such as 1',
  number: 'a number',
  string: 'a text, in quotes if it is a number or a date',
  array: 'a list: [one, two]',
  object: 'lines with a name, a colon and a value',
  boolean: 'true or false',
}

function dropRepeats(problems: readonly PolicyProblem[]): PolicyProblem[] {
  const seen = new Set<string>()
  return problems.filter((problem) => {
    const key = `${problem.line} ${problem.message}`
    return seen.has(key) ? false : seen.add(key)
  })
}

/** Branches of an `anyOf` speak through the `anyOf` itself, which knows what to write instead. */
function isTelling(error: ErrorObject, _index: number, all: readonly ErrorObject[]): boolean {
  return !all.some(
    (other) => other !== error && other.keyword === 'anyOf' && error.schemaPath.startsWith(`${other.schemaPath}/`),
  )
}

function placeOf(error: ErrorObject): YamlPath {
  const unescape = (part: string): string | number =>
    /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')
  return error.instancePath.split('/').slice(1).map(unescape)
}

function describe(error: ErrorObject, problemAt: ParsedPolicyFile['problemAt']): PolicyProblem {
  const place = placeOf(error)
  const parent = error.parentSchema as { description?: string; properties?: Record<string, unknown> } | undefined
  const wanted = parent?.description
  const last = place.at(-1)
  const name =
    last === undefined
      ? 'The file'
      : typeof last === 'number'
        ? `Item ${last + 1} of "${String(place.at(-2))}"`
        : `"${last}"`
  if (error.keyword === 'additionalProperties') {
    const extra = (error.params as { additionalProperty: string }).additionalProperty
    const known = Object.keys(parent?.properties ?? {})
    if (extra.includes(' '))
      return problemAt(
        [...place, extra],
        `"${extra}" is not known here. Put the sentence before it in quotes: a comma ends it there.`,
      )
    const nearest = nearestWord(extra, known)
    const hint =
      nearest === undefined
        ? `Write one of: ${known.join(', ')}.`
        : `Did you mean "${nearest}"? Known here: ${known.join(', ')}.`
    return problemAt([...place, extra], `"${extra}" is not known here. ${hint}`)
  }
  if (error.keyword === 'required') {
    const missing = (error.params as { missingProperty: string }).missingProperty
    return problemAt(place, `"${missing}:" is missing. Write ${wanted ?? `"${missing}: …"`}.`)
  }
  if (error.keyword === 'type' && wanted === undefined) {
    const kind = kinds[String((error.params as { type: unknown }).type)] ?? 'what policies/README.md shows'
    if (last === undefined && (error.data ?? null) === null)
      return problemAt(place, 'The file is empty. Begin with "policy: our-rules" and "rules:".')
    return problemAt(place, `${name} does not fit. Write ${kind}.`)
  }
  const wrong = ['enum', 'anyOf', 'oneOf', 'const', 'pattern'].includes(error.keyword)
    ? 'does not fit'
    : (error.message ?? 'does not fit')
  return problemAt(place, `${name} ${wrong}. Write ${wanted ?? 'it as policies/README.md shows'}.`)
}

function ruleAt(document: Document, place: YamlPath): string | undefined {
  if (place[0] !== 'rules' || typeof place[1] !== 'number') return undefined
  const id = document.getIn(['rules', place[1], 'id'])
  return typeof id === 'string' ? id : undefined
}

/** Line of the deepest existing part of a place; of the key itself where the value is a pair's. */
function lineOf(document: Document, lines: LineCounter, place: YamlPath): number {
  for (let depth = place.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(place.slice(0, depth - 1), true)
    const step = place[depth - 1]!
    const offset = isCollection(parent) ? offsetIn(parent, step) : undefined
    if (offset !== undefined) return lines.linePos(offset).line
  }
  return 1
}

function offsetIn(parent: unknown, step: string | number): number | undefined {
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined
  }
  const item = (parent as { items: readonly unknown[] }).items[Number(step)]
  return (item as { range?: readonly number[] | null } | undefined)?.range?.[0]
}
