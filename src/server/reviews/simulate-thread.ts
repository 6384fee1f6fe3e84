import { workerData } from 'node:worker_threads'
import { openDatabase, openPool } from '#server/platform/database.ts'
import { serveSimulation } from '#server/policies/serve-simulation.ts'
import { plainPlans, readHistory, type HistoryTask } from './history-tasks.ts'
import type { KeptVerdicts } from './kept-verdicts.ts'
import type { Period } from './simulation-queries.ts'

/** What the thread needs to read history by itself: no post passes through the thread that answers requests. */
export interface HistorySettings {
  readonly databaseUrl: string
  readonly period: Period
  /** What need not be judged anew. */
  readonly kept: KeptVerdicts | undefined
}

const { databaseUrl, period, kept } = workerData as HistorySettings
// A lost connection fails the query in hand, and with it the simulation says so.
const pool = openPool(databaseUrl, { warn: () => {} }, 1)
pool.on('connect', (client) => void client.query(plainPlans).catch(() => {}))
const db = openDatabase(pool)

serveSimulation((task) => readHistory(db, period, task as HistoryTask, kept))
