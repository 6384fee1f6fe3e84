import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Tx } from '#server/platform/database.ts'
import { isContradiction, parseSearch, type SearchTerm } from './parse-search.ts'
import { whereFilter, type RecordFilter } from './queries.ts'
import type { RecordScope } from './search-scope.ts'
import { searchQuery } from './search-words.ts'

/** What a search asks for, and how it can be found. */
export interface SearchCondition {
  /** What a row `s` must meet. */
  readonly where: RawBuilder<SqlBool>
  /** The same, with the words read in each row and in no index. */
  readonly filtered: RawBuilder<SqlBool>
  /** The part of it whose rows an index holds in order of time. */
  readonly ordered: RawBuilder<SqlBool> | undefined
  /** What holds of more rows and is all that an index tells: the words of a phrase in any order. Undefined: `where` itself. */
  readonly candidates: RawBuilder<SqlBool> | undefined
  /** One word that is rare in a stretch is rare work there. Of several only the index knows how much it has to compare. */
  readonly isOneWord: boolean
  /** Does any index tell which rows it is about? If not, rows are looked at one by one. */
  readonly indexed: boolean
}

/** Reads a filter as a condition. Words are made into a query once, and not again by each statement. */
export async function readCondition(tx: Tx, filter: RecordFilter, scope: RecordScope): Promise<SearchCondition> {
  const { q, ...columns } = filter
  const ordered = orderedBy(filter) ?? orderedByUnit(scope)
  const words = q === undefined || q.trim() === '' ? undefined : await readWords(tx, parseSearch(q))
  const byColumns =
    ordered !== undefined ||
    filter.type !== undefined ||
    filter.network !== undefined ||
    filter.unit !== undefined ||
    scope !== 'everything'
  const byRow = whereFilter(columns, scope)
  return {
    where: sql<SqlBool>`${byRow}${words?.where ?? sql``}`,
    filtered: sql<SqlBool>`${byRow}${words?.filtered ?? sql``}`,
    ordered,
    candidates: words?.candidates,
    isOneWord: words?.isOneWord === true,
    indexed: byColumns || words?.indexed === true,
  }
}

/** The most telling of the columns that have an index in order of time. */
function orderedBy(filter: RecordFilter): RawBuilder<SqlBool> | undefined {
  if (filter.post !== undefined) return sql`s.post_id = ${filter.post}`
  if (filter.actor !== undefined) return sql`s.actor_id = ${filter.actor}`
  if (filter.author !== undefined) return sql`s.author_id = ${filter.author}`
  if (filter.profile !== undefined) return sql`s.profile_id = ${filter.profile}`
  if (filter.network !== undefined && filter.verdict !== undefined)
    return sql`s.network = ${filter.network} and s.verdict = ${filter.verdict}`
  if (filter.type !== undefined && !filter.type.includes(',')) return sql`s.type = ${filter.type.trim()}`
  // Most verdicts are "pass": no index holds them.
  if (filter.verdict !== undefined && filter.verdict !== 'pass') return sql`s.verdict = ${filter.verdict}`
  return undefined
}

/** Whoever sees one unit only, and of it everything, walks along that unit's own rows. */
function orderedByUnit(scope: RecordScope): RawBuilder<SqlBool> | undefined {
  return Array.isArray(scope) && scope.length === 1 ? sql`s.unit_id = ${scope[0]}` : undefined
}

interface Words {
  readonly where: RawBuilder<unknown>
  readonly filtered: RawBuilder<unknown>
  readonly candidates: RawBuilder<SqlBool> | undefined
  readonly isOneWord: boolean
  readonly indexed: boolean
}

async function readWords(tx: Tx, groups: readonly (readonly SearchTerm[])[]): Promise<Words> {
  if (groups.length === 0 || isContradiction(groups))
    return { where: sql` and false`, filtered: sql` and false`, candidates: undefined, isOneWord: true, indexed: true }
  const told = groups.filter((group) => group.every(isTelling))
  const untold = groups.filter((group) => !group.every(isTelling))
  const { rows } = await sql<{ told: string | null; untold: string | null }>`
    select (${told.length === 0 ? sql`null` : searchQuery(told)})::text as told,
      (${untold.length === 0 ? sql`null` : searchQuery(untold)})::text as untold`.execute(tx)
  const query = rows[0]!
  // The function behind the operator: no index knows it, and each row is asked.
  const reads = (words: string | null) => (words === null ? sql`` : sql` and ts_match_vq(s.vector, ${words}::tsquery)`)
  const asks = query.told === null ? sql`` : sql` and s.vector @@ ${query.told}::tsquery`
  const loose = query.told?.replace(/'(?:[^']|'')*'|<(?:-|\d+)>/g, (part) => (part.startsWith('<') ? '&' : part))
  const candidates =
    loose === undefined || loose === query.told ? undefined : sql<SqlBool>`s.vector @@ ${loose}::tsquery`
  return {
    where: sql`${asks}${reads(query.untold)}`,
    filtered: sql`${reads(query.told)}${reads(query.untold)}`,
    candidates,
    isOneWord: groups.length === 1 && groups[0]!.length === 1 && groups[0]![0]!.kind === 'word' && told.length === 1,
    indexed: told.length > 0,
  }
}

/** Does the term lead an index to few rows? Absence does not, and one or two letters begin a tenth of all words. */
function isTelling(term: SearchTerm): boolean {
  return !term.negative && (term.kind !== 'prefix' || term.text.length > 2)
}
