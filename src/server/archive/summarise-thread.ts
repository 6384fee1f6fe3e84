import { parentPort } from 'node:worker_threads'
import { summariseSeal, type SealBytes } from './summarise-seal.ts'

// A thread's port has no origin: that is for windows.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.on('message', (seals: readonly SealBytes[]) => parentPort?.postMessage(seals.map(summariseSeal)))
