import { Environment, type ASTNode, type ASTOperator } from '@marcbachmann/cel-js'
import { isInCalendar, type Calendar } from './compile-calendars.ts'
import { compileSimple } from './compile-simple-condition.ts'
import {
  AuthorValue,
  CalendarValue,
  FindingValue,
  LibraryItemValue,
  LinkValue,
  MediaValue,
  PostValue,
  SourceValue,
  TargetValue,
  UnitValue,
  type ConditionContext,
} from './condition-context.ts'
import { nearestWord } from './nearest-word.ts'
import type { Fact } from './unknown-fact.ts'

/** A condition checked at load. `metadataOnly` ones depend on nothing that the author types, so their answer can be kept. */
export interface Condition {
  readonly source: string
  readonly metadataOnly: boolean
  readonly usesNow: boolean
  /** Facts that the condition asks for and the gateway may not know. */
  readonly facts: readonly Fact[]
  evaluate(context: ConditionContext): boolean
}

/** Says what is wrong with a condition and what to write instead. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
}

const stringList = 'list<string>'
const fields: readonly (readonly [string, new (...args: never[]) => object, Record<string, string>])[] = [
  ['Unit', UnitValue, {}],
  ['Calendar', CalendarValue, {}],
  ['Link', LinkValue, { url: 'string', text: 'string', host: 'string' }],
  ['Media', MediaValue, { kind: 'string', altText: 'string' }],
  ['Source', SourceValue, { claim: 'string', url: 'string', note: 'string' }],
  ['Target', TargetValue, { network: 'string', country: 'string' }],
  ['Finding', FindingValue, { ruleId: 'string', severity: 'string', via: 'string' }],
  ['LibraryItem', LibraryItemValue, { present: 'bool', unchanged: 'bool' }],
  [
    'Post',
    PostValue,
    {
      text: 'string',
      language: 'string',
      communicationClass: 'string',
      static: 'bool',
      topics: stringList,
      audience: 'string',
      format: 'string',
      scheduled: 'bool',
      items: 'int',
      publishAt: 'google.protobuf.Timestamp',
      links: 'list<Link>',
      media: 'list<Media>',
      sources: 'list<Source>',
    },
  ],
  [
    'Author',
    AuthorValue,
    { id: 'string', unit: 'Unit', qualifications: stringList, country: 'string', trainingValid: 'bool' },
  ],
]
const variables: Readonly<Record<string, string>> = {
  post: 'Post',
  author: 'Author',
  targets: 'list<Target>',
  libraryItem: 'LibraryItem',
  now: 'google.protobuf.Timestamp',
  evasionSuspected: 'bool',
}

/** A typed environment over the calendars of a policy. Only routes see `findings`, which do not exist before the rules ran. */
export function openEnvironment(calendars: ReadonlyMap<string, Calendar>, withFindings: boolean): Environment {
  const environment = new Environment({
    limits: { maxAstNodes: 400, maxDepth: 40, maxListElements: 200, maxMapEntries: 0, maxCallArguments: 8 },
  })
  for (const [name, ctor, members] of fields) environment.registerType(name, { ctor, fields: members })
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
  if (withFindings) environment.registerVariable('findings', 'list<Finding>')
  environment.registerFunction('Unit.within(string): bool', (unit: UnitValue, name: string) => unit.path.includes(name))
  environment.registerFunction('list<string>.contains(string): bool', (list: readonly string[], item: string) =>
    list.includes(item),
  )
  environment.registerFunction('calendar(string): Calendar', (name: string) => new CalendarValue(name))
  environment.registerOperator('google.protobuf.Timestamp in Calendar', (instant: Date, value: CalendarValue) => {
    const calendar = calendars.get(value.name)
    if (calendar === undefined) throw new Error(`There is no calendar "${value.name}".`)
    return isInCalendar(calendar, instant.getTime())
  })
  return environment
}

const operators: ReadonlySet<ASTOperator> = new Set<ASTOperator>([
  'value',
  'id',
  '.',
  'call',
  'rcall',
  'list',
  '?:',
  '||',
  '&&',
  '!_',
  '-_',
  '==',
  '!=',
  'in',
  '<',
  '<=',
  '>',
  '>=',
  '+',
  '-',
])
const calls: ReadonlySet<string> = new Set(['calendar', 'size', 'timestamp', 'duration'])
const methods: ReadonlySet<string> = new Set([
  'within',
  'contains',
  'startsWith',
  'endsWith',
  'size',
  'exists',
  'all',
  'exists_one',
  'lowerAscii',
  'getFullYear',
  'getMonth',
  'getDayOfMonth',
  'getDayOfWeek',
  'getHours',
  'getMinutes',
])
const comprehensions: ReadonlySet<string> = new Set(['exists', 'all', 'exists_one'])

interface Walk {
  readonly calendars: ReadonlyMap<string, Calendar>
  readonly roots: Set<string>
  readonly texts: Set<string>
}

/** Refuses what is not on the list: `matches()` above all, which is a backtracking RegExp, and loops in loops. */
function walk(node: ASTNode, at: Walk, inLoop: boolean): void {
  if (!operators.has(node.op))
    throw new ConditionError(
      `"${node.op}" cannot be used in a condition. Write it with == != < > in && || ! and the variables of policies/README.md.`,
    )
  switch (node.op) {
    case 'value':
      return
    case 'id':
      at.roots.add(node.args)
      return
    case '.':
      if (node.args[0].op === 'id') at.texts.add(`${node.args[0].args}.${node.args[1]}`)
      return walk(node.args[0], at, inLoop)
    case 'call':
      return walkCall(node.args[0], node.args[1], at, inLoop)
    case 'rcall':
      return walkMethod(node.args[0], node.args[1], node.args[2], at, inLoop)
    default:
      for (const child of childrenOf(node.args)) walk(child, at, inLoop)
  }
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap((arg) => childrenOf(arg))
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}

function walkCall(name: string, args: readonly ASTNode[], at: Walk, inLoop: boolean): void {
  if (!calls.has(name))
    throw new ConditionError(`${name}() cannot be used in a condition. Known: ${[...calls].join(', ')}.`)
  if (name === 'calendar') {
    const argument = args[0]
    if (argument?.op !== 'value' || typeof argument.args !== 'string')
      throw new ConditionError('Write the name of the calendar in quotes: calendar("q4-quiet").')
    if (!at.calendars.has(argument.args))
      throw new ConditionError(
        `There is no calendar "${argument.args}". Known: ${[...at.calendars.keys()].join(', ') || 'none; add one under calendars:'}.`,
      )
  }
  for (const arg of args) walk(arg, at, inLoop)
}

function walkMethod(name: string, receiver: ASTNode, args: readonly ASTNode[], at: Walk, inLoop: boolean): void {
  if (name === 'matches')
    throw new ConditionError(
      'matches() is not allowed: write the expression as the rule\'s "pattern:", which runs in linear time.',
    )
  if (!methods.has(name))
    throw new ConditionError(`.${name}() cannot be used in a condition. Known: ${[...methods].join(', ')}.`)
  const loops = comprehensions.has(name)
  if (loops && inLoop)
    throw new ConditionError(`.${name}() stands inside another loop. Write two conditions, or ask about one list only.`)
  walk(receiver, at, inLoop)
  for (const arg of args) walk(arg, at, inLoop || loops)
}

/** Fields of `post` that metadata do not fix; a condition that reads one of them is asked every time. */
const typed: ReadonlySet<string> = new Set(['post.text', 'post.links', 'post.media', 'post.sources', 'post.items'])

/** Parses, checks the types and the allow-list, and answers the condition ready to run. Throws `ConditionError`. */
export function compileCondition(
  source: string,
  environment: Environment,
  calendars: ReadonlyMap<string, Calendar>,
): Condition {
  const parsed = parse(source, environment)
  const seen: Walk = { calendars, roots: new Set(), texts: new Set() }
  walk(parsed.ast, seen, false)
  const check = parsed.check()
  if (!check.valid) throw new ConditionError(explain(check.error, source))
  if (check.type !== 'bool')
    throw new ConditionError(
      `The condition answers ${check.type ?? 'nothing'}, not true or false. Compare it with something: == "…"`,
    )
  const usesText =
    ['evasionSuspected', 'findings'].some((name) => seen.roots.has(name)) ||
    [...seen.texts].some((name) => typed.has(name))
  const simple = compileSimple(parsed.ast)
  const usesNow = seen.roots.has('now') || seen.texts.has('post.publishAt')
  return {
    source,
    metadataOnly: !usesText && !usesNow,
    usesNow,
    facts: factsOf(seen),
    evaluate:
      simple ??
      ((context) => {
        const answer: unknown = parsed(context)
        if (typeof answer !== 'boolean') throw new Error(`The condition answered ${typeof answer}.`)
        return answer
      }),
  }
}

/** Which of the facts that may be unknown a condition reads. */
function factsOf(seen: Walk): Fact[] {
  return [
    ...(seen.texts.has('author.trainingValid') ? (['training'] as const) : []),
    ...(seen.roots.has('libraryItem') ? (['library'] as const) : []),
  ]
}

function parse(source: string, environment: Environment): ReturnType<Environment['parse']> {
  try {
    return environment.parse(source)
  } catch (error) {
    throw new ConditionError(explain(error, source))
  }
}

/** The library's first line, with the variables that exist where one is unknown. */
function explain(error: unknown, source: string): string {
  const text = (error instanceof Error ? error.message : String(error)).split('\n')[0]!
  const hint = /Unknown variable/.test(text)
    ? ` Known: ${Object.keys(variables).join(', ')} (and findings in routes).`
    : ''
  if (/Unexpected token: EOF/.test(text))
    return 'This condition ends too early: something is missing after its last sign, or a parenthesis is not closed.'
  return `This condition cannot be used: ${text}.${hint}${explainKey(text, source)} The variables stand in policies/README.md.`
}

/** The name that a condition may have meant where it asks for one that is not there, and all that are. */
function explainKey(text: string, source: string): string {
  const key = /No such key: (\w+)/.exec(text)?.[1]
  if (key === undefined) return ''
  const owner = new RegExp(`(\\w+)\\.${key}\\b`).exec(source)?.[1] ?? ''
  const types = fields.filter(([type]) => type === variables[owner])
  const members = (types.length === 0 ? fields : types).flatMap(([, , names]) => Object.keys(names))
  const nearest = members.find((name) => name.toLowerCase().includes(key.toLowerCase())) ?? nearestWord(key, members)
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  return types.length === 0 ? hint : `${hint} Known: ${members.join(', ')}.`
}
