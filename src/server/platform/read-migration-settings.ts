import { parseDatabaseUrl } from './parse-setting.ts'
import { ConfigError } from './read-config.ts'
import { SettingReader, type Environment } from './setting-reader.ts'

const names = ['GATEWAY_DATABASE_OWNER_URL', 'GATEWAY_DATABASE_URL'].flatMap((name) => [name, `${name}_FILE`])

/**
 * What bringing the database to the schema needs, and nothing of the rest: the owner's address, and the login that will
 * act as the service, from `--login` or from the service's own address. Throws `ConfigError` with every mistake.
 */
export function readMigrationSettings(
  environment: Environment,
  words: readonly string[] = [],
): { readonly ownerUrl: string; readonly login: string | undefined } {
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => names.includes(name)))
  const reader = new SettingReader(own)
  const what = 'the database, as the owner of its tables. The evaluation set-up (npm start) migrates by itself'
  reader.required('GATEWAY_DATABASE_OWNER_URL', what)
  const ownerUrl = reader.parsed('GATEWAY_DATABASE_OWNER_URL', '', parseDatabaseUrl)
  const serviceUrl = reader.parsed('GATEWAY_DATABASE_URL', undefined, parseDatabaseUrl)
  const [option, name, ...rest] = words
  if (option !== undefined && (option !== '--login' || name === undefined || name === '' || rest.length > 0))
    reader.refuse('migrate', 'takes only --login <name>: the database login that the service uses')
  const mistakes = reader.mistakes()
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  const login = serviceUrl === undefined ? '' : decodeURIComponent(new URL(serviceUrl).username)
  return { ownerUrl, login: name ?? (login === '' ? undefined : login) }
}
