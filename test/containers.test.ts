import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { validate } from 'dockerfile-utils'
import { parse } from 'yaml'
import { demoGroupRoles, demoPeople } from '#server/embedded/demo-people.ts'
import { readConfig } from '#server/platform/read-config.ts'

// No container engine is needed here: what the files name must exist, and every command in them is run by hand.

const project = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(project, path), 'utf8')
const dockerfile = read('Dockerfile')

interface Service {
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
  readonly network_mode?: string
  readonly networks?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly read_only?: boolean
  readonly tmpfs?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
}
const compose = parse(read('compose.yaml')) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  networks: Record<string, unknown>
}
const services = Object.entries(compose.services)
const realm = JSON.parse(read('scripts/compose/realm.json')) as {
  realm: string
  groups: { name: string }[]
  clients: { clientId: string; secret: string; redirectUris: string[] }[]
  users: { username: string; groups: string[] }[]
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-containers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A JSON-form instruction of the Dockerfile's last stage. */
function instruction(name: string): string[] {
  const line = dockerfile.split('\n').findLast((text) => text.startsWith(`${name} `))!
  return JSON.parse(line.slice(line.indexOf('['))) as string[]
}

test('The Dockerfile is well formed', () => {
  assert.deepEqual(
    validate(dockerfile).map(({ range, message }) => ({ line: range.start.line + 1, message })),
    [],
  )
})

test('Everything that the Dockerfile copies from the project exists and is not ignored', () => {
  const ignored = read('.dockerignore').split('\n').filter(Boolean)
  for (const [, from] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
    for (const path of from!.split(' ')) {
      assert.ok(existsSync(join(project, path)), `${path} does not exist`)
      assert.ok(!ignored.includes(path), `${path} is in .dockerignore`)
    }
})

test('Every stage that is copied from is built, and the last one does not run as root', () => {
  const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\w+)$/gm)].map((match) => match[1])
  for (const [, stage] of dockerfile.matchAll(/^COPY --from=(\w+)/gm)) assert.ok(stages.includes(stage), stage)
  assert.match(dockerfile.slice(dockerfile.lastIndexOf('FROM ')), /^USER node$/m)
})

test('The image’s command is one that the command line knows', () => {
  const [program, ...words] = [...instruction('ENTRYPOINT'), ...instruction('CMD')]
  assert.equal(program, 'node')
  const known = execFileSync(process.execPath, [...words.slice(0, -1), '--help'], { cwd: project, encoding: 'utf8' })
  assert.match(known, new RegExp(`^ {2}${words.at(-1)}( |$)`, 'm'))
})

for (const [status, code] of [
  [200, 0],
  [503, 1],
] as const) {
  test(`The health check ends with ${code} when the gateway answers ${status}`, async (t) => {
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/healthz' ? status : 404).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const [, ...words] = instruction('HEALTHCHECK')
    const env = { ...process.env, GATEWAY_PORT: String((server.address() as AddressInfo).port) }
    const child = spawn(process.execPath, words, { env, stdio: 'inherit' })
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), code)
  })
}

test('The gateway’s container may write to its volume alone, and holds no privilege', () => {
  const gateway = compose.services['gateway']!
  const { read_only, tmpfs, cap_drop, security_opt } = gateway
  assert.deepEqual(
    { read_only, tmpfs, cap_drop, security_opt },
    { read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
  )
  assert.ok(gateway.volumes?.includes('gateway:/var/lib/gateway'), 'the data directory where none is set')
  assert.match(dockerfile, /^VOLUME \["\/var\/lib\/gateway"\]$/m)
})

test('Every file, volume, network and service that compose.yaml names is there', () => {
  for (const [name, service] of services) {
    assert.ok(service.build !== undefined || service.image?.includes(':'), `${name} names an image with its version`)
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('.')) assert.ok(existsSync(join(project, source)), `${name}: ${source} does not exist`)
      else assert.ok(source in compose.volumes, `${name}: ${source} is no volume`)
    }
    for (const other of Object.keys(service.depends_on ?? {}))
      assert.ok(other in compose.services, `${name} waits for ${other}`)
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
      if (condition === 'service_healthy')
        assert.ok(compose.services[other]?.healthcheck !== undefined, `${other} has no health check`)
    for (const network of service.networks ?? [])
      assert.ok(network in compose.networks, `${name}: ${network} is no network`)
    const shared = service.network_mode?.replace('service:', '')
    if (shared !== undefined) assert.ok(shared in compose.services, `${name} shares the network of ${shared}`)
  }
})

test('The keys that compose makes, and its settings, are a configuration without mistakes', (t) => {
  const folder = temporaryFolder(t)
  const make = (): void => {
    execFileSync(process.execPath, [
      join(project, 'scripts/compose/make-keys.mjs'),
      folder,
      String(process.getuid?.() ?? 0),
    ])
  }
  make()
  const before = globSync(`${folder}/*`).map((path) => readFileSync(path, 'utf8'))
  make() // a second start keeps the keys
  assert.deepEqual(
    globSync(`${folder}/*`).map((path) => readFileSync(path, 'utf8')),
    before,
  )
  for (const path of globSync(`${folder}/*`)) assert.equal(statSync(path).mode & 0o777, 0o600)

  const environment = Object.entries(compose.services['gateway']!.environment!)
  const settings = readConfig(
    Object.fromEntries(environment.map(([name, value]) => [name, value.replace(/^\/keys\//, `${folder}/`)])),
  )
  assert.equal(settings.kind, 'configured')
  assert.deepEqual(settings.config.oidc.groupRoles, demoGroupRoles)
})

test('The realm knows the gateway and the people of the demonstration', () => {
  const { environment = {} } = compose.services['gateway']!
  const [client] = realm.clients
  assert.equal(environment['GATEWAY_OIDC_CLIENT_ID'], client!.clientId)
  assert.equal(environment['GATEWAY_OIDC_CLIENT_SECRET'], client!.secret)
  assert.ok(environment['GATEWAY_OIDC_ISSUER']!.endsWith(`/realms/${realm.realm}`))
  assert.deepEqual(client!.redirectUris, [`${environment['GATEWAY_PUBLIC_URL']}/auth/callback`])
  assert.deepEqual(
    realm.users.map(({ username, groups }) => [username, groups]),
    demoPeople.map(({ login, groups }) => [login, groups.map((group) => `/${group}`)]),
  )
  for (const { groups } of realm.users)
    for (const group of groups)
      assert.ok(
        realm.groups.some(({ name }) => `/${name}` === group),
        group,
      )
})

test('The scripts of the containers are programs that Node reads', () => {
  for (const path of globSync('scripts/compose/*.mjs', { cwd: project })) {
    const { status, stderr } = spawnSync(process.execPath, ['--check', join(project, path)], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
})
