import type { Logger } from 'pino'
import type { CheckpointSigner } from './checkpoint-signer.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Db } from './database.ts'
import type { Network } from './network.ts'
import type { ObjectStore } from './object-store.ts'
import type { SecretBox } from './secret-box.ts'

/** Everything that is opened once, by `main.ts` or a test. A function takes what it uses: `Pick<Deps, 'db' | 'clock'>`. */
export interface Deps {
  readonly config: Config
  readonly db: Db
  readonly clock: Clock
  readonly log: Logger
  readonly objectStore: ObjectStore
  readonly checkpointSigner: CheckpointSigner
  readonly secretBox: SecretBox
  readonly networks: ReadonlyMap<string, Network>
}
