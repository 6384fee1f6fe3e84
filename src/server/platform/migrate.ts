import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { isOfOlderProgram, shippedMigrations } from './session-name.ts'
import { withClient } from './with-client.ts'

/** Group role with the service's rights: it owns nothing and cannot sign in itself. */
export const serviceRole = 'gateway_service'

// Any fixed number: it names "migrations of the gateway" among the advisory locks of one database.
const lockNumber = 4_716_021

interface MigrationFile {
  readonly name: string
  readonly sha256: string
  readonly sql: string
}

/** The database cannot be brought to the program's schema; the sentence says what the operator does next. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/**
 * Brings the database to the program's schema, as its owner, and answers the names that were applied now.
 * Two starts at once are safe. A merged file that was edited since, or one slipped in before applied ones, is refused, and
 * one that begins with `-- Alone:` while a gateway that does not know it is still connected.
 */
export async function migrate(ownerUrl: string, folder: string = shippedMigrations): Promise<string[]> {
  const files = await readMigrations(folder)
  return asOwner(ownerUrl, async (client) => {
    await ensureServiceRole(client)
    await ensureMigrationTable(client)
    await client.query(`grant select on schema_migration to ${serviceRole}`)
    const pending = unapplied(files, await readApplied(client))
    await refuseOlderPrograms(client, pending)
    for (const file of pending) await apply(client, file)
    return pending.map((file) => file.name)
  })
}

/** Lets a login role act as the service, and makes it when it is missing. A password is set only when given. */
export async function grantServiceLogin(ownerUrl: string, login: string, password?: string): Promise<void> {
  await asOwner(ownerUrl, async (client) => {
    const name = client.escapeIdentifier(login)
    await createRole(client, login, 'login')
    if (password !== undefined) await client.query(`alter role ${name} password ${client.escapeLiteral(password)}`)
    const { rows } = await client.query<{ member: boolean }>(`select pg_has_role($1, $2, 'member') as member`, [
      login,
      serviceRole,
    ])
    if (rows[0]?.member !== true) await grantMembership(client, name)
  })
}

async function grantMembership(client: pg.Client, login: string): Promise<void> {
  const statement = `grant ${serviceRole} to ${login}`
  await client.query(statement).catch((cause: unknown) => {
    if ((cause as pg.DatabaseError).code !== '42501') throw cause
    const advice = `The owner role may not grant ${serviceRole}. Ask whoever runs the database for "${statement};", and start again.`
    throw new MigrationError(advice, { cause })
  })
}

/** Works on one connection as the owner, one gateway at a time. */
function asOwner<T>(ownerUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return asLogin('GATEWAY_DATABASE_OWNER_URL', ownerUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [lockNumber]) // until the session ends
    return work(client)
  })
}

/** Wrong password, unknown login, unknown database, no right to connect. */
const refusedLogin = /^(28000|28P01|3D000|42501)$/
/** OpenSSL's reasons, as Node names them. */
const distrustedCertificate =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET_ISSUER|VERIFY)_|ERR_TLS_CERT_ALTNAME_INVALID)/

/** Works on one connection; throws `MigrationError` that names the setting when the database does not let the login in. */
export async function asLogin<T>(setting: string, url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  let connected = false
  try {
    return await withClient(url, (client) => {
      connected = true
      return work(client)
    })
  } catch (cause) {
    const advice = connected ? undefined : adviseLogin(setting, cause as Error & { code?: string })
    if (advice === undefined) throw cause
    throw new MigrationError(advice, { cause })
  }
}

/** What to do where a connection is refused for good; undefined where the database is only away. */
function adviseLogin(setting: string, { code = '', message }: Error & { code?: string }): string | undefined {
  if (refusedLogin.test(code)) return `The database does not let us in: ${message}. Check ${setting}.`
  if (message.includes('does not support SSL'))
    return `The database speaks no TLS. Switch it on there (ssl = on), or take sslmode out of ${setting}.`
  if (distrustedCertificate.test(code))
    return `The database’s certificate is not accepted: ${message}. Name its authority in ${setting}: ?sslmode=verify-full&sslrootcert=/path/to/ca.pem, and the host as the certificate does.`
  if (code === 'ENOENT' || code === 'EACCES') return `A file that ${setting} names cannot be read: ${message}.`
  return undefined
}

/** Throws when the service's login could rewrite history: a superuser, or the owner of a table. */
export async function refuseOwningLogin(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query<{ name: string; superuser: boolean; owned: string; member: boolean }>(
    `select r.rolname as name, r.rolsuper as superuser,
       (select count(*) from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p'))::text as owned,
       pg_has_role(r.oid, 'gateway_service', 'member') as member
     from pg_roles r where r.rolname = current_user`,
  )
  const role = rows[0]!
  if (!role.superuser && role.owned === '0' && role.member) return
  const why = role.superuser ? 'is a superuser' : role.owned !== '0' ? 'owns tables' : `is no member of ${serviceRole}`
  throw new MigrationError(
    `The database role "${role.name}" ${why}. Give GATEWAY_DATABASE_URL a login that owns nothing and is a member of ${serviceRole} ("grant ${serviceRole} to …"), and put the owner into GATEWAY_DATABASE_OWNER_URL.`,
  )
}

/** Throws when the database lacks a migration of this program: the owner has to run them first. */
export async function refuseOldSchema(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query<{ name: string }>('select name from schema_migration')
  const applied = new Set(rows.map((row) => row.name))
  const missing = (await readMigrations(shippedMigrations)).filter((file) => !applied.has(file.name))
  if (missing.length === 0) return
  throw new MigrationError(
    `The database lacks ${missing.map((file) => file.name).join(', ')}. Run "npm run gateway -- migrate" with GATEWAY_DATABASE_OWNER_URL, then start again.`,
  )
}

async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).toSorted()
  return Promise.all(names.map((name) => readMigration(folder, name)))
}

async function readMigration(folder: string, name: string): Promise<MigrationFile> {
  const sql = await readFile(join(folder, name), 'utf8')
  return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
}

async function readApplied(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migration')
  return new Map(rows.map((row) => [row.name, row.sha256]))
}

// Names that we do not know come from a newer program: old code runs on the new schema.
function unapplied(files: readonly MigrationFile[], applied: ReadonlyMap<string, string>): MigrationFile[] {
  const newest = [...applied.keys()].toSorted().at(-1) ?? ''
  for (const file of files) {
    const sha256 = applied.get(file.name)
    if (sha256 !== undefined && sha256 !== file.sha256)
      throw new MigrationError(`Migration ${file.name} was edited after it was applied. Restore it and add a new file.`)
    if (sha256 === undefined && file.name < newest)
      throw new MigrationError(
        `Migration ${file.name} comes before ${newest}, which is applied. Give it a later number.`,
      )
  }
  return files.filter((file) => !applied.has(file.name))
}

// Old code runs on the new schema, but for what a file says that it must be applied without.
async function refuseOlderPrograms(client: pg.Client, pending: readonly MigrationFile[]): Promise<void> {
  const alone = pending.findLast((file) => file.sql.startsWith('-- Alone:'))
  if (alone === undefined) return
  const { rows } = await client.query<{ name: string; pid: number; host: string }>(
    `select application_name as name, pid, coalesce(host(client_addr), 'a local address') as host
       from pg_stat_activity where datname = current_database() order by pid`,
  )
  const older = rows.filter(({ name }) => isOfOlderProgram(name, alone.name.slice(0, 4)))
  if (older.length === 0) return
  const sessions = older.map(({ pid, host }) => `${pid} from ${host}`).join(', ')
  throw new MigrationError(
    `Migration ${alone.name} must be applied while no older gateway runs, and ${older.length} of their sessions are connected (${sessions}). Stop every process of the older program, then start again. Nothing was changed.`,
  )
}

async function apply(client: pg.Client, file: MigrationFile): Promise<void> {
  try {
    await client.query('begin')
    await client.query(file.sql)
    await client.query('insert into schema_migration (name, sha256) values ($1, $2)', [file.name, file.sha256])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => {})
    throw new MigrationError(
      `Migration ${file.name} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

async function ensureMigrationTable(client: pg.Client): Promise<void> {
  await client
    .query(`create table if not exists schema_migration (
      name text primary key, sha256 text not null, applied_at timestamptz(3) not null default now())`)
    .catch(async (cause: unknown) => {
      if ((cause as pg.DatabaseError).code !== '42501') throw cause
      const { rows } = await client.query<{ database: string; owner: string }>(
        'select current_database() as database, current_user as owner',
      )
      const [database, owner] = [rows[0]!.database, rows[0]!.owner].map((name) => client.escapeIdentifier(name))
      const advice = `The owner role may not make tables. Ask whoever runs the database for "alter database ${database} owner to ${owner};", and start again.`
      throw new MigrationError(advice, { cause })
    })
}

async function ensureServiceRole(client: pg.Client): Promise<void> {
  await createRole(client, serviceRole, 'nologin')
}

async function createRole(client: pg.Client, name: string, kind: 'login' | 'nologin'): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [name])
  if (rowCount === 1) return
  const statement = `create role ${client.escapeIdentifier(name)} ${kind}`
  try {
    await client.query(statement)
  } catch (cause) {
    const code = (cause as pg.DatabaseError).code
    if (code === '42710' || code === '23505') return // another database of this cluster was faster: roles are the cluster's
    if (code !== '42501') throw cause
    const advice = `The owner role may not create roles. Ask whoever runs the database for "${statement};", or give the owner CREATEROLE, and start again.`
    throw new MigrationError(advice, { cause })
  }
}
