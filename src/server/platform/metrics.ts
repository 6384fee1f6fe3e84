import { sql } from 'kysely'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { App } from './app-type.ts'
import { anchorNames } from './anchors.ts'
import type { Deps } from './deps.ts'
import { readIndexLag } from './index-lag.ts'

/** Prometheus metrics: the process, the calls, and what waits. Figures only, never content or names. */
export function registerMetrics(app: App, deps: Pick<Deps, 'db' | 'clock' | 'log' | 'anchors'>): void {
  const register = new Registry()
  collectDefaultMetrics({ register, prefix: 'gateway_' })
  const duration = new Histogram({
    name: 'gateway_http_request_seconds',
    help: 'Time to answer a call, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [register],
  })
  const refusals = new Counter({
    name: 'gateway_http_refusals_total',
    help: 'Answers of 400 and above',
    labelNames: ['status'],
    registers: [register],
  })
  const waiting = new Gauge({
    name: 'gateway_waiting',
    help: 'What waits, by kind',
    labelNames: ['kind'],
    registers: [register],
  })
  const anchorBehind = new Gauge({
    name: 'gateway_anchor_behind',
    help: 'Sealed entries that an outside anchor has not seen, by anchor',
    labelNames: ['anchor'],
    registers: [register],
  })
  const anchorFailing = new Gauge({
    name: 'gateway_anchor_failing_seconds',
    help: 'How long an outside anchor has not taken a checkpoint; 0 when it works',
    labelNames: ['anchor'],
    registers: [register],
  })

  const indexWaiting = new Gauge({
    name: 'gateway_index_waiting',
    help: 'Records that a search still finds by reading them, because the index does not hold them yet',
    registers: [register],
  })
  const indexLag = new Gauge({
    name: 'gateway_index_lag_seconds',
    help: 'How long the oldest of them waits for the index; above 60 it stands still',
    registers: [register],
  })

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    duration.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
    if (reply.statusCode >= 400) refusals.inc({ status: String(reply.statusCode) })
  })
  app.get('/metrics', { config: { permission: 'public' } }, async (_request, reply) => {
    await readWaiting(deps, waiting)
    await readAnchors(deps, anchorBehind, anchorFailing)
    await readIndex(deps, indexWaiting, indexLag)
    return reply.type(register.contentType).send(await register.metrics())
  })
}

async function readWaiting(deps: Pick<Deps, 'db' | 'log'>, waiting: Gauge<'kind'>): Promise<void> {
  try {
    const { rows } = await sql<{ kind: string; count: number }>`
      select 'open_reviews' as kind, count(*)::int as count from review where status = 'open'
      union all select 'overdue_reviews', count(*)::int from review where status = 'open' and due_at < now()
      union all select 'publications_' || status, count(*)::int from publication where status in ('waiting', 'publishing', 'unconfirmed', 'stopped') group by status`.execute(
      deps.db,
    )
    waiting.reset()
    for (const row of rows) waiting.set({ kind: row.kind }, row.count)
  } catch (error) {
    deps.log.debug({ err: error }, 'metrics are given without the database')
  }
}

async function readAnchors(
  deps: Pick<Deps, 'db' | 'log' | 'anchors'>,
  behind: Gauge<'anchor'>,
  failing: Gauge<'anchor'>,
): Promise<void> {
  if (deps.anchors === undefined) return
  try {
    const { rows } = await sql<{ name: string; behind: number; seconds: number }>`
      select s.name, coalesce((select max(tree_size) from archive.checkpoint), 0)
          - coalesce((select max(tree_size) from archive.anchor a where a.name = s.name), 0) as behind,
          coalesce(extract(epoch from now() - s.failing_since), 0)::float8 as seconds
        from archive.anchor_state s where s.name = any(${anchorNames(deps.anchors)}::text[])`.execute(deps.db)
    for (const row of rows) {
      behind.set({ anchor: row.name }, row.behind)
      failing.set({ anchor: row.name }, Math.max(0, row.seconds))
    }
  } catch (error) {
    deps.log.debug({ err: error }, 'metrics are given without the anchors')
  }
}

async function readIndex(
  deps: Pick<Deps, 'db' | 'clock' | 'log'>,
  indexWaiting: Gauge,
  indexLag: Gauge,
): Promise<void> {
  try {
    const { waiting, seconds } = await readIndexLag(deps.db, deps.clock.now())
    indexWaiting.set(waiting)
    indexLag.set(seconds)
  } catch (error) {
    deps.log.debug({ err: error }, 'metrics are given without the search index')
  }
}
