import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The migrations that this program knows. */
export const shippedMigrations = fileURLToPath(new URL('../../../migrations/', import.meta.url))

const program = 'containment-gateway'

/** What each session of a running gateway is called in the database: with the newest schema that its program knows. */
export const sessionName = `${program} ${newestSchema()}`

function newestSchema(): string {
  const names = readdirSync(shippedMigrations).filter((name) => /^\d{4}_/.test(name))
  return names.toSorted().at(-1)!.slice(0, 4)
}

/** Is a session one of a gateway that does not know a schema (`0021`)? Programs before 0021 do not say what they know. */
export function isOfOlderProgram(name: string, schema: string): boolean {
  return name.startsWith(program) && (/\d{4}/.exec(name)?.[0] ?? '') < schema
}
