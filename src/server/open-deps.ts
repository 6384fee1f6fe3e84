import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createMastodonNetwork } from '#server/publishing/mastodon-network.ts'
import { createSandboxNetwork } from '#server/publishing/sandbox-network.ts'
import { openObjectStore } from '#server/archive/open-object-store.ts'
import { startArchiveThread } from '#server/archive/start-archive-thread.ts'
import { systemClock } from '#server/platform/clock.ts'
import type { Closing } from '#server/platform/closing.ts'
import type { AnchorSettings, Config, ObjectStoreSettings, Secrets } from '#server/platform/config.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import type { Anchors } from '#server/platform/anchors.ts'
import type { Deps } from '#server/platform/deps.ts'
import { createHttpClient, type HttpClient } from '#server/platform/http.ts'
import type { Network } from '#server/platform/network.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { createSecretBox } from '#server/platform/secret-box.ts'

interface Opened {
  readonly config: Config
  readonly objectStore: ObjectStoreSettings
  readonly secrets: Secrets
  readonly anchors?: AnchorSettings
}

/** Opens the parts that everything runs on. A database or a bucket that is down now is no error: both are met again later. */
export async function openDeps(
  { config, objectStore, secrets, anchors }: Opened,
  log: Logger,
  closing: Closing,
): Promise<Deps> {
  const pool = openPool(config.database.url, log)
  const db = openDatabase(pool)
  closing.add(() => db.destroy())
  const archiveThread = startArchiveThread(
    {
      databaseUrl: config.database.url,
      origin: config.origin,
      signingKey: secrets.signingKey,
      objectStore,
      anchors,
    },
    log,
  )
  closing.add(() => archiveThread.stop())
  return {
    config,
    db,
    log,
    clock: systemClock,
    objectStore: await openStore(objectStore, closing),
    checkpointSigner: createEd25519Signer(config.origin, secrets.signingKey),
    secretBox: createSecretBox(secrets.secretBoxKey),
    networks: openNetworks(config),
    anchors: anchors === undefined ? undefined : await openAnchors(anchors, closing),
    archiveThread,
  }
}

async function openAnchors(settings: AnchorSettings, closing: Closing): Promise<Anchors> {
  const store = settings.store === undefined ? undefined : await openStore(settings.store, closing)
  return { ...settings, store }
}

async function openStore(settings: ObjectStoreSettings, closing: Closing): Promise<ObjectStore> {
  const opened = await openObjectStore(settings, systemClock)
  closing.add(() => opened.close())
  return opened.store
}

const require = createRequire(import.meta.url)

/** Bluesky's package is as large as all of our own code: it is loaded when a profile first needs it. */
function openBluesky(http: HttpClient): Network {
  let opened: Network | undefined
  const bluesky = (): Network => {
    const { createBlueskyNetwork } =
      require('./publishing/bluesky-network.ts') as typeof import('#server/publishing/bluesky-network.ts')
    return (opened ??= createBlueskyNetwork({ http }))
  }
  return {
    name: 'bluesky',
    repeatable: true,
    render: (input, account) => bluesky().render(input, account),
    stamp: (payload, releasedAt) => bluesky().stamp(payload, releasedAt),
    publish: (account, payload, media) => bluesky().publish(account, payload, media),
    find: (account, payload) => bluesky().find(account, payload),
    capture: (account, remoteId) => bluesky().capture(account, remoteId),
    retract: (account, remoteId) => bluesky().retract(account, remoteId),
    connect: (account) => bluesky().connect(account),
  }
}

// The Sandbox belongs to the evaluation set-up alone: a firm's posts go to real networks.
function openNetworks(config: Config): ReadonlyMap<string, Network> {
  const http = createHttpClient({ allowPrivateAddresses: config.allowPrivateAddresses })
  const networks = [openBluesky(http), createMastodonNetwork({ http })]
  if (config.embedded)
    networks.unshift(
      createSandboxNetwork({ directory: join(config.dataDirectory, 'sandbox'), publicUrl: config.publicUrl }),
    )
  return new Map(networks.map((network) => [network.name, network]))
}
