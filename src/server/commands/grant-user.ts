import { grantByOperator } from '#server/identity/grant-by-operator.ts'
import { writeAll } from '#server/policies/command-io.ts'
import { roles } from '#shared/permissions.ts'
import type { Command } from './command.ts'
import { withDeps } from './with-deps.ts'

/** `user grant <e-mail|subject> <role[@unit]>`: the way in while nobody is administrator. */
export const runUserGrant: Command = async ({ words, environment, io }) => {
  const [person, wanted, ...more] = words
  const [name, unit] = (wanted ?? '').split('@')
  const role = roles.find((known) => known === name)
  if (person === undefined || role === undefined || more.length > 0) {
    await writeAll(io.stderr, `user grant <e-mail|subject> <role[@unit]>\nRoles: ${roles.join(', ')}\n`)
    return 2
  }
  return withDeps(environment, async (deps) => {
    const result = await grantByOperator(deps, { person, role, unit })
    await writeAll(io.stdout, result === 'held' ? `${person} already is ${wanted}.\n` : `${person} is now ${wanted}.\n`)
    return 0
  })
}
