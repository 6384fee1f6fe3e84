import { sql, type RawBuilder, type SqlBool } from 'kysely'
import SCIMMY from 'scimmy'
import { refuseInheritedPath, refuseUnkeepableText } from './scim-refusals.ts'
import { enterpriseSchema, foldName } from './scim-resources.ts'

/** How an attribute is found: its SQL, and whether the case of text matters (RFC 7643 `caseExact`). */
interface Column {
  readonly sql: RawBuilder<unknown>
  /** `lowered` is kept in lower case, so that its index serves. */
  readonly kind: 'text' | 'lowered' | 'exact' | 'boolean' | 'time'
}
export type Columns = Readonly<Record<string, Column>>

export const userColumns: Columns = {
  id: { sql: sql`u.id::text`, kind: 'exact' },
  username: { sql: sql`u.user_name`, kind: 'lowered' },
  externalid: { sql: sql`u.external_id`, kind: 'exact' },
  displayname: { sql: sql`u.display_name`, kind: 'text' },
  active: { sql: sql`u.active`, kind: 'boolean' },
  emails: { sql: sql`u.email`, kind: 'text' },
  'emails.value': { sql: sql`u.email`, kind: 'text' },
  'name.familyname': { sql: sql`(u.scim #>> '{name,familyName}')`, kind: 'text' },
  'name.givenname': { sql: sql`(u.scim #>> '{name,givenName}')`, kind: 'text' },
  [`${enterpriseSchema}:employeeNumber`.toLowerCase()]: {
    sql: sql`(u.scim #>> ${`{${enterpriseSchema},employeeNumber}`}::text[])`,
    kind: 'exact',
  },
  [`${enterpriseSchema}:department`.toLowerCase()]: {
    sql: sql`(u.scim #>> ${`{${enterpriseSchema},department}`}::text[])`,
    kind: 'text',
  },
  'meta.created': { sql: sql`u.created_at`, kind: 'time' },
  'meta.lastmodified': { sql: sql`u.updated_at`, kind: 'time' },
}

export const groupColumns: Columns = {
  id: { sql: sql`g.id::text`, kind: 'exact' },
  displayname: { sql: sql`g.display_name`, kind: 'text' },
  externalid: { sql: sql`g.external_id`, kind: 'exact' },
  'meta.created': { sql: sql`g.created_at`, kind: 'time' },
  'meta.lastmodified': { sql: sql`g.updated_at`, kind: 'time' },
}

/**
 * A SCIM filter as SQL. scimmy reads the grammar; what it reads becomes a condition over known attributes. Throws a
 * SCIM error `invalidFilter` for an attribute or comparison that this service cannot search by.
 */
export function whereScim(columns: Columns, filter: string | undefined): RawBuilder<SqlBool> {
  if (filter === undefined || filter.trim() === '') return sql<SqlBool>`true`
  const { plain, texts } = setTextsAside(filter)
  refuseInheritedPath(plain)
  const parsed = parseFilter(plain)
  if (parsed.length === 0) throw invalid(`“${filter}” is not a filter: it compares nothing.`)
  const alternatives = parsed.map((one) => putTextsBack(one, texts) as Record<string, unknown>)
  return sql<SqlBool>`(${sql.join(
    alternatives.map((all) => sql`(${conjunction(columns, all, '')})`),
    sql` or `,
  )})`
}

/** Does a filter ask for one person or group by name or id, as clients do before they enter each? */
export function isLookUp(filter: string | undefined): boolean {
  return filter !== undefined && /^ *(id|userName|externalId|displayName) +eq +"[^"\\]*" *$/i.test(filter)
}

/** scimmy stumbles over an attribute that nothing is said of. */
function parseFilter(filter: string): Record<string, unknown>[] {
  try {
    return [...new SCIMMY.Types.Filter(filter)] as Record<string, unknown>[]
  } catch (error) {
    if (error instanceof TypeError) throw invalid(`“${filter}” is not a filter: an attribute needs a comparison.`)
    throw error
  }
}

/**
 * scimmy's grammar stumbles over quotes, brackets and words within a text, which RFC 7644 allows (a JSON string). So each
 * text waits outside while it reads.
 */
function setTextsAside(filter: string): { readonly plain: string; readonly texts: readonly string[] } {
  const texts: string[] = []
  const plain = filter.replaceAll(/"(?:[^"\\]|\\.)*"/g, (text) => {
    texts.push(readText(text))
    return `"${aside}${texts.length - 1}"`
  })
  return { plain, texts }
}

const aside = 'text-set-aside-'

function readText(text: string): string {
  const read = parseText(text)
  refuseUnkeepableText(read)
  return read
}

function parseText(text: string): string {
  try {
    return JSON.parse(text) as string
  } catch {
    throw invalid(`A text is written as in JSON, which ${text} is not.`)
  }
}

function putTextsBack(part: unknown, texts: readonly string[]): unknown {
  if (typeof part === 'string' && part.startsWith(aside)) return texts[Number(part.slice(aside.length))] ?? part
  if (Array.isArray(part)) return part.map((one) => putTextsBack(one, texts))
  if (typeof part !== 'object' || part === null) return part
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, putTextsBack(one, texts)]))
}

/**
 * The order of a list (RFC 7644 section 3.4.2.3): by a known attribute, case ignored where it does not matter, who has
 * no value last; by descent the other way round. By entry when nothing is asked. Throws a SCIM error for an attribute that this service cannot sort by.
 */
export function orderScim(
  columns: Columns,
  sortBy: string | undefined,
  sortOrder: string | undefined,
): RawBuilder<unknown> {
  const column = columnOf(columns, sortBy ?? 'meta.created')
  if (column === undefined) throw new SCIMMY.Types.Error(400, 'invalidPath', `This service cannot sort by “${sortBy}”.`)
  const key = column.kind === 'text' ? sql`lower(${column.sql})` : column.sql
  if (sortOrder?.toLowerCase() === 'descending') return sql`${key} desc nulls first`
  return sql`${key} asc nulls last`
}

function columnOf(columns: Columns, name: string): Column | undefined {
  const key = attributeName(name)
  return Object.hasOwn(columns, key) ? columns[key] : undefined
}

/** Without the URN of a core schema, which a client may write before any attribute. */
function attributeName(name: string): string {
  return name.toLowerCase().replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/, '')
}

function conjunction(columns: Columns, all: Record<string, unknown>, prefix: string): RawBuilder<unknown> {
  if (Object.keys(all).length === 0) throw invalid('An attribute of the filter needs a comparison.')
  return sql.join(
    Object.entries(all).flatMap(([name, expression]) =>
      conditions(columns, prefix === '' ? name : `${prefix}.${name}`, expression),
    ),
    sql` and `,
  )
}

function conditions(columns: Columns, name: string, expression: unknown): RawBuilder<unknown>[] {
  if (!Array.isArray(expression)) return [conjunction(columns, expression as Record<string, unknown>, name)]
  // Several comparisons of one attribute arrive as a list of lists.
  return Array.isArray(expression[0])
    ? expression.map((one) => comparison(columns, name, one as unknown[]))
    : [comparison(columns, name, expression)]
}

function comparison(columns: Columns, name: string, expression: readonly unknown[]): RawBuilder<unknown> {
  const [first, ...rest] = expression
  if (first === 'not') return sql`not coalesce(${comparison(columns, name, rest)}, false)`
  const column = columnOf(columns, name)
  if (column === undefined || typeof first !== 'string') throw invalid(`This service cannot filter by “${name}”.`)
  return compare(column, first.toLowerCase(), rest[0])
}

const ordered: Readonly<Record<string, string>> = { gt: '>', ge: '>=', lt: '<', le: '<=' }
const timeOperators: Readonly<Record<string, string>> = { ...ordered, eq: '=', ne: '<>' }

function compare(column: Column, operator: string, value: unknown): RawBuilder<unknown> {
  if (operator === 'pr') return sql`${column.sql} is not null`
  if (value === undefined) throw invalid(`The comparison “${operator}” needs a value.`)
  if (column.kind === 'boolean') return compareBoolean(column, operator, value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (column.kind === 'time') return compareTime(column, timeOperators[operator], text)
  if (Object.hasOwn(ordered, operator)) throw invalid('Only times are ordered here.')
  const left = column.kind === 'text' ? sql`lower(${column.sql})` : column.sql
  const right = column.kind === 'text' ? text.toLowerCase() : column.kind === 'lowered' ? foldName(text) : text
  const pattern = right.replaceAll(/[\\%_]/g, '\\$&')
  if (operator === 'eq') return sql`${left} = ${right}`
  if (operator === 'ne') return sql`${left} is distinct from ${right}`
  if (operator === 'sw') return sql`${left} like ${`${pattern}%`}`
  if (operator === 'ew') return sql`${left} like ${`%${pattern}`}`
  if (operator === 'co') return sql`${left} like ${`%${pattern}%`}`
  throw invalid(`This service does not know the comparison “${operator}”.`)
}

function compareBoolean(column: Column, operator: string, value: unknown): RawBuilder<unknown> {
  const wanted = value === true || String(value).toLowerCase() === 'true'
  if (operator !== 'eq' && operator !== 'ne') throw invalid('A boolean is compared with eq or ne.')
  return operator === 'eq' ? sql`${column.sql} = ${wanted}` : sql`${column.sql} <> ${wanted}`
}

function compareTime(column: Column, operator: string | undefined, text: string): RawBuilder<unknown> {
  if (operator === undefined) throw invalid('A time is compared with eq, ne, gt, ge, lt or le.')
  const instant = readTime(text)
  if (instant === undefined) throw invalid('A time is written as in RFC 3339.')
  return sql`${column.sql} ${sql.raw(operator)} ${instant}::timestamptz`
}

/** The instant, where it has a year that Postgres reads as JavaScript writes it. */
function readTime(text: string): string | undefined {
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) return undefined
  const instant = new Date(milliseconds).toISOString()
  return /^(?!0000)\d{4}-/.test(instant) ? instant : undefined
}

function invalid(message: string): Error {
  return new SCIMMY.Types.Error(400, 'invalidFilter', message)
}
