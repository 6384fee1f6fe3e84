import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import { pino } from 'pino'
import { ensureFirm } from '#server/identity/ensure-firm.ts'
import { registerIdentity } from '#server/identity/authenticate-request.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Config } from '#server/platform/config.ts'
import { inTransaction, type Db } from '#server/platform/database.ts'
import { registerProblemDocuments } from '#server/platform/problem-documents.ts'
import { createSecretBox } from '#server/platform/secret-box.ts'
import { systemClock } from '#server/platform/clock.ts'
import { startBenchArchive } from './archive-fixture.ts'

export const scimToken = 'a-provisioning-token-of-the-benchmark'

export interface BenchIdentity {
  readonly app: App
  readonly db: Db
  readonly firmId: string
  stop(): Promise<void>
}

/** The identity room alone on a Postgres that syncs to disk; `declare` adds routes before the server is ready. */
export async function startBenchIdentity(
  declare: (app: App, db: Db) => void = () => undefined,
): Promise<BenchIdentity> {
  const archive = await startBenchArchive()
  const config: Config = {
    embedded: false,
    publicUrl: 'http://127.0.0.1:8080',
    host: '127.0.0.1',
    port: 0,
    roles: ['serve'],
    dataDirectory: '',
    tlogPublic: false,
    allowPrivateAddresses: true,
    reviewHours: 8,
    session: { key: Buffer.alloc(32, 5), idleMinutes: 30, absoluteHours: 12 },
    oidc: {
      issuer: 'https://provider.example',
      clientId: 'gateway',
      clientSecret: 'secret',
      groupsClaim: 'groups',
      groupRoles: { authors: ['author'], compliance: ['reviewer'] },
      scope: 'openid',
    },
    scimToken,
    rateLimits: { signInPerMinute: 0, sessionWritesPerMinute: 0, tokenWritesPerMinute: 0 },
    database: { url: archive.serviceUrl, ownerUrl: archive.ownerUrl },
    origin: 'bench.example/tlog',
  }
  const log = pino({ level: 'fatal' })
  const deps = { db: archive.db, clock: systemClock, config, log, secretBox: createSecretBox(Buffer.alloc(32, 7)) }
  const app: App = fastify({ bodyLimit: 12 * 1024 * 1024 }).withTypeProvider<TypeBoxTypeProvider>()
  registerProblemDocuments(app)
  registerIdentity(app, deps)
  declare(app, archive.db)
  await app.ready()
  const firm = await inTransaction(archive.db, (tx) => ensureFirm(tx, systemClock.now()))
  return {
    app,
    db: archive.db,
    firmId: firm.id,
    async stop() {
      await app.close()
      await archive.stop()
    },
  }
}
