import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { freePort } from '#server/embedded/free-port.ts'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../.cache/glewlwyd/', import.meta.url))
// What the closure names and this program does not load.
const unneeded = /perl|debian-installer|elogind|newt|textwrap|libjs/

/** A real OpenID provider that shares no line with ours or with oidc-provider: Debian's glewlwyd, in C, over SQLite. */
export interface Glewlwyd {
  readonly issuer: string
  readonly origin: string
  /** An administrator's call of its own interface. */
  administer(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown>
  stop(): Promise<void>
}

export interface GlewlwydClient {
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  readonly postLogoutRedirectUri: string
  readonly backchannelLogoutUri: string
}

export interface GlewlwydPerson {
  readonly username: string
  readonly password: string
  readonly name: string
  readonly email: string
  readonly groups: readonly string[]
}

/** Unpacks Debian's packages without installing them, and starts the provider; `missing` says why it cannot be had. */
export async function startGlewlwyd(
  client: GlewlwydClient,
  people: readonly GlewlwydPerson[],
): Promise<Glewlwyd | { missing: string }> {
  const root = await unpack().catch((error: Error) => error)
  if (root instanceof Error)
    return { missing: `Debian's package glewlwyd cannot be had here: ${root.message.split('\n')[0]}` }
  const folder = await mkdtemp(join(tmpdir(), 'glewlwyd-'))
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  await layOut(root, folder, port, origin)
  // The death signal takes it along even when the test process is killed.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', join(root, 'usr/bin/glewlwyd'), '-c', join(folder, 'glewlwyd.conf')],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, LD_LIBRARY_PATH: await libraries(root) },
    },
  )
  const stop = () => end(child, folder)
  try {
    const cookie = await signInAsAdministrator(origin, child)
    const administer: Glewlwyd['administer'] = (method, path, body) => call(origin, cookie, method, path, body)
    await furnish(administer, `${origin}/api/oidc`, client, people)
    return { issuer: `${origin}/api/oidc`, origin, administer, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function unpack(): Promise<string> {
  const root = join(cache, 'root')
  if (await exists(join(root, 'usr/bin/glewlwyd'))) return root
  const work = join(cache, randomUUID())
  await mkdir(join(work, 'root'), { recursive: true })
  await run('apt-get', ['-q', 'download', ...(await packages())], { cwd: work })
  for (const name of (await readdir(work)).filter((file) => file.endsWith('.deb')))
    await run('dpkg', ['-x', name, 'root'], { cwd: work })
  // Another test file may have been faster.
  await rename(join(work, 'root'), root).catch(async (error: Error) => {
    if (!(await exists(root))) throw error
  })
  await rm(work, { recursive: true, force: true })
  return root
}

/** The program and those of its libraries that this machine does not have. */
async function packages(): Promise<string[]> {
  const no = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`)
  const closure = (await run('apt-cache', ['depends', '--recurse', ...no, 'glewlwyd'])).stdout.split('\n')
  if (closure.length < 2) throw new Error('apt-cache does not know it; run apt-get update first')
  const status = (await run('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\\n'], { maxBuffer: 1 << 26 }))
    .stdout
  const installed = new Set(
    status.split('\n').flatMap((line) => (line.endsWith(' installed') ? line.split(' ')[0] : [])),
  )
  const wanted = closure.filter(
    (line) => line.startsWith('glewlwyd') || (/^lib[a-z0-9]/.test(line) && !unneeded.test(line)),
  )
  return [...new Set(wanted)].filter((name) => !installed.has(name))
}

async function layOut(root: string, folder: string, port: number, origin: string): Promise<void> {
  const tables = await readFile(join(root, 'usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz'))
  const database = new DatabaseSync(join(folder, 'glewlwyd.db'))
  database.exec(`begin; ${gunzipSync(tables).toString()}; commit`)
  database.close()
  const modules = join(root, 'usr/lib/glewlwyd')
  const settings: Readonly<Record<string, string | number | boolean>> = {
    port,
    bind_address: '127.0.0.1',
    external_url: origin,
    login_url: 'login.html',
    api_prefix: 'api',
    log_mode: 'file',
    log_level: 'WARNING',
    log_file: join(folder, 'glewlwyd.log'),
    cookie_secure: 0,
    session_expiration: 3600,
    session_key: 'GLEWLWYD_TEST',
    admin_scope: 'g_admin',
    profile_scope: 'g_profile',
    user_module_path: join(modules, 'user'),
    client_module_path: join(modules, 'client'),
    user_auth_scheme_module_path: join(modules, 'scheme'),
    plugin_module_path: join(modules, 'plugin'),
    hash_algorithm: 'SHA512',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const store = `database = { type = "sqlite3"; path = ${JSON.stringify(join(folder, 'glewlwyd.db'))} };`
  await writeFile(join(folder, 'glewlwyd.conf'), [...lines, store, ''].join('\n'))
}

async function libraries(root: string): Promise<string> {
  const folders = (await readdir(join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'))
  return folders.flatMap((name) => [join(root, 'usr/lib', name), join(root, 'lib', name)]).join(':')
}

/** The session of the administrator whom its tables come with; asked for until the server listens. */
async function signInAsAdministrator(origin: string, child: ChildProcess): Promise<string> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    const answer = await fetch(`${origin}/api/auth/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: 'password' }),
    }).catch(() => undefined)
    if (answer?.ok === true) return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    await wait(50)
  }
  throw new Error('glewlwyd did not answer within ten seconds')
}

async function call(origin: string, cookie: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${origin}/api/${path}`, {
    method,
    headers: { cookie, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`glewlwyd answers ${method} ${path} with ${answer.status}: ${text.slice(0, 500)}`)
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}

type Administer = Glewlwyd['administer']

async function furnish(
  administer: Administer,
  issuer: string,
  client: GlewlwydClient,
  people: readonly GlewlwydPerson[],
): Promise<void> {
  const users = (await administer('GET', 'mod/user/database')) as { parameters: { 'data-format': object } }
  const groups = { multiple: true, read: true, write: true, 'profile-read': true, 'profile-write': false }
  const parameters = { ...users.parameters, 'data-format': { ...users.parameters['data-format'], groups } }
  await administer('PUT', 'mod/user/database', { ...users, parameters })
  await administer('PUT', 'mod/user/database/reset')
  await administer('POST', 'scope', { name: 'groups', display_name: 'Groups', password_required: true, scheme: {} })
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await administer('POST', 'mod/plugin/', {
    module: 'oidc',
    name: 'oidc',
    display_name: 'OpenID Connect',
    parameters: {
      ...protocol,
      iss: issuer,
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: publicKey.export({ type: 'spki', format: 'pem' }),
    },
  })
  await administer('POST', 'client/', {
    client_id: client.clientId,
    name: 'The gateway',
    client_secret: client.clientSecret,
    confidential: true,
    enabled: true,
    scope: [],
    redirect_uri: [client.redirectUri],
    authorization_type: ['code'],
    token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
    post_logout_redirect_uri: client.postLogoutRedirectUri,
    backchannel_logout_uri: client.backchannelLogoutUri,
    backchannel_logout_session_required: 'true',
  })
  for (const person of people)
    await administer('POST', 'user/', { ...person, scope: ['openid', 'groups', 'g_profile'], enabled: true })
}

/** Its plugin's parameters: the code flow with PKCE and nothing else, groups at userinfo and in the ID token. */
const protocol = {
  'jwt-type': 'rsa',
  'jwt-key-size': '256',
  'jwks-show': true,
  'access-token-duration': 3600,
  'refresh-token-duration': 3600,
  'code-duration': 60,
  'refresh-token-rolling': false,
  'allow-non-oidc': false,
  'auth-type-code-enabled': true,
  'auth-type-code-revoke-replayed': true,
  'auth-type-token-enabled': false,
  'auth-type-id-token-enabled': true,
  'auth-type-none-enabled': false,
  'auth-type-password-enabled': false,
  'auth-type-client-enabled': false,
  'auth-type-device-enabled': false,
  'auth-type-refresh-enabled': true,
  'subject-type': 'public',
  'name-claim': 'mandatory',
  'email-claim': 'mandatory',
  'scope-claim': 'no',
  claims: [
    { name: 'groups', 'user-property': 'groups', type: 'string', mandatory: true, 'on-demand': false, scope: [] },
  ],
  'pkce-allowed': true,
  'pkce-required': true,
  'pkce-method-plain-allowed': false,
  'request-parameter-allow': false,
  'session-management-allowed': true,
  'session-cookie-name': 'GLEWLWYD_OIDC_SESSION',
  'session-cookie-expiration': 3600,
  'back-channel-logout-allowed': true,
  'front-channel-logout-allowed': false,
  'oauth-as-iss-id': true,
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGKILL')
    await gone
  }
  await rm(folder, { recursive: true, force: true })
}

/**
 * The provider for a test file. Where this machine cannot have it, says so loudly and answers undefined, so that the
 * file can mark its tests as skipped; `.ci/run` refuses skipped tests.
 */
export async function requireGlewlwyd(
  client: GlewlwydClient,
  people: readonly GlewlwydPerson[],
): Promise<Glewlwyd | undefined> {
  const provider = await startGlewlwyd(client, people)
  if (!('missing' in provider)) return provider
  const sentence = `A second OpenID provider was NOT tested: ${provider.missing}`
  process.stderr.write(`\n${'!'.repeat(100)}\n${sentence}\n${'!'.repeat(100)}\n\n`)
  return undefined
}
