import type { Config } from '#server/platform/config.ts'
import { demoPassword, demoPeople } from './demo-people.ts'

/** Prints the one block that a newcomer needs. */
export function announce(config: Config, milliseconds: number): void {
  const width = Math.max(...demoPeople.map((person) => person.login.length))
  const people = demoPeople.map((person) => `    ${person.login.padEnd(width)}  ${person.duty.en}`)
  console.log(`
  Containment gateway – evaluation set-up, not for production

    ${config.publicUrl}

  Sign in as one of these people, password "${demoPassword}":
${people.join('\n')}

  Embedded, on loopback alone: Postgres ${new URL(config.database.url).port}, OpenID provider ${new URL(config.oidc.issuer).port}, a locked folder as object
  store, and the network "Sandbox", whose timeline is ${config.publicUrl}/sandbox
  Data and log: ${config.dataDirectory} – delete the folder to begin again.
  Started in ${(milliseconds / 1000).toFixed(1)} s. Stop with Ctrl-C.
`)
}
