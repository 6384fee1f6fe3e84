import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { parseSearch, type SearchTerm } from './parse-search.ts'

/** What somebody typed, as a condition on `archive.search s`. */
export function whereWords(q: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`s.vector @@ (${searchQuery(parseSearch(q))})`
}

/** Alternatives that must all hold, as a `tsquery`. */
export function searchQuery(groups: readonly (readonly SearchTerm[])[]): RawBuilder<unknown> {
  // Nothing but punctuation: no record contains it as a word, and the answer says so by being empty.
  if (groups.length === 0) return sql`''::tsquery`
  return sql.join(
    groups.map((group) => sql`(${sql.join(group.map(termQuery), sql` || `)})`),
    sql` && `,
  )
}

const termFunctions = {
  word: sql`archive.query_word`,
  phrase: sql`archive.query_phrase`,
  prefix: sql`archive.query_prefix`,
}

function termQuery(term: SearchTerm): RawBuilder<unknown> {
  const query = sql`${termFunctions[term.kind]}(${term.text})`
  return term.negative ? sql`!!${query}` : query
}
