import type { Logger } from 'pino'
import type { Anchors } from './anchors.ts'
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
  /** Outside witnesses of the archive; none when absent. */
  readonly anchors?: Anchors | undefined
  /** Seals and verifies on a thread of its own, by the system's clock; where absent, the jobs do it in their own. */
  readonly archiveThread?: { seal(): Promise<void>; verify(): Promise<void>; stop(): Promise<void> } | undefined
}
