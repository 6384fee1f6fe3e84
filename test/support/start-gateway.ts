import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { buildApp } from '#server/app.ts'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Config } from '#server/platform/config.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { createSecretBox } from '#server/platform/secret-box.ts'
import { cloneDatabase, hasPassed, type TestDatabase } from '#test/support/clone-database.ts'
import { demoIssuer } from '#test/support/demo-issuer.ts'
import { providerClient, publicUrl } from '#test/support/demo-provider.ts'
import { createFakeClock, type FakeClock } from '#test/support/fake-clock.ts'
import { signIn, type SignedIn } from '#test/support/sign-in.ts'

export interface TestGateway extends Deps {
  readonly app: App
  readonly clock: FakeClock
  readonly database: TestDatabase
  /** What the gateway logged, one JSON object a line. */
  readonly logLines: readonly string[]
  /** Signs a demo person in: camille, ines, tom, ruth or ada. */
  signIn(login: string): Promise<SignedIn>
}

export type GatewayOverrides = Partial<Omit<Deps, 'clock' | 'config'>> & {
  readonly clock?: FakeClock
  readonly config?: Partial<Config>
}

const { privateKey } = generateKeyPairSync('ed25519')

/**
 * The whole server on a database and object store of its own, with a clock that stands still and the real provider.
 * No jobs run by themselves: a test calls `sealOnce` and its like when it wants them.
 */
export async function startGateway(t: TestContext, overrides: GatewayOverrides = {}): Promise<TestGateway> {
  const database = await cloneDatabase(t)
  const clock = overrides.clock ?? createFakeClock()
  const logLines: string[] = []
  const log = overrides.log ?? pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) })
  const directory = await mkdtemp(join(tmpdir(), 'gateway-test-'))
  const pool = openPool(database.serviceUrl, log, 8)
  const config = { ...(await testConfig(database, directory)), ...overrides.config }
  const deps: Deps = {
    db: openDatabase(pool),
    log,
    objectStore: await openDirectoryObjectStore({ directory: join(directory, 'objects'), clock }),
    checkpointSigner: createEd25519Signer(config.origin, String(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
    secretBox: createSecretBox(Buffer.alloc(32, 7)),
    networks: new Map(),
    ...overrides,
    clock,
    config,
  }
  const app = await buildApp(deps)
  t.after(async () => {
    await app.close()
    await deps.db.destroy()
    if (hasPassed(t)) await rm(directory, { recursive: true, force: true })
    else t.diagnostic(`kept object store ${directory}; warnings: ${logLines.filter(isWarning).join('')}`)
  })
  return { ...deps, app, clock, database, logLines, signIn: (login) => signIn(app, login) }
}

async function testConfig(database: TestDatabase, directory: string): Promise<Config> {
  const issuer = await demoIssuer()
  return {
    embedded: true,
    publicUrl,
    host: '127.0.0.1',
    port: 0,
    roles: ['serve', 'work'],
    dataDirectory: directory,
    tlogPublic: false,
    allowPrivateAddresses: true,
    reviewHours: 8,
    session: { key: Buffer.alloc(32, 5), idleMinutes: 30, absoluteHours: 12 },
    oidc: {
      issuer,
      ...providerClient,
      groupsClaim: 'groups',
      groupRoles: demoGroupRoles,
      scope: 'openid profile email groups',
    },
    database: { url: database.serviceUrl, ownerUrl: database.ownerUrl },
    origin: 'gateway.test/tlog',
  }
}

function isWarning(line: string): boolean {
  return Number(JSON.parse(line).level) >= 40
}
