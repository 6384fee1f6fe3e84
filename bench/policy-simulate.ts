import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { ensureFirm } from '#server/identity/ensure-firm.ts'
import type { Actor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { PolicyFileSource } from '#server/policies/load-policy.ts'
import { simulatePolicy, type PastPost } from '#server/policies/simulate-policy.ts'
import { readSimulation } from '#server/reviews/read-simulation.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import { simulateHistory } from '#server/reviews/simulate-history.ts'
import { judge, judgeHeadings, printTable, startBenchArchive } from './archive-fixture.ts'
import { fillInput, loadHistory, makeDraft, makeInputs, postgresSeconds } from './simulation-fixture.ts'

/*
 * A draft over the archive as the API and the command run it: a million posts in an embedded Postgres with what a
 * submission writes of each, a third of them reviewed, in the index of words; the shipped packs with 1,000 terms more, and with
 * one. Beside it each of them judged anew, and the same posts judged out of memory. To reach: 1,000,000 posts in under 20 s on
 * 2 cores. `node bench/policy-simulate.ts 100000` loads fewer.
 */

// As under `npm start` (require-node-24.cjs): the threads find their code compiled.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
const total = Number(process.argv[2] ?? 1_000_000)
const archive = await startBenchArchive({ fsync: 'off', shared_buffers: '1GB' })
const { id: firmId } = await inTransaction(archive.db, (tx) => ensureFirm(tx, archive.clock.now()))
const userId = '0195e000-0000-7000-8000-200000000000'
const at = archive.clock.now()
await archive.db
  .insertInto('app_user')
  .values({
    id: userId,
    issuer: 'bench',
    subject: 'ada',
    display_name: 'Ada',
    unit_id: firmId,
    created_at: at,
    updated_at: at,
  })
  .execute()
const loading = performance.now()
await loadHistory(archive.ownerUrl, total, { userId, firmId })
console.log(`${total} posts loaded in ${((performance.now() - loading) / 1000).toFixed(0)} s.`)

const [draft, oneTerm] = [await makeDraft(), await makeDraft(1)]
const inputs = makeInputs().map(fillInput)

function* pastPosts(): Generator<PastPost> {
  for (let index = 0; index < total; index++)
    yield { id: String(index), input: inputs[index % inputs.length]!, verdict: 'pass' }
}

async function simulateWhole(
  files: readonly PolicyFileSource[],
  anew: boolean,
): Promise<{ judged: number; seconds: number }> {
  const actor: Actor = {
    kind: 'user',
    userId,
    displayName: 'Ada',
    unitId: firmId,
    unitPath: [firmId],
    grants: [{ role: 'policy_owner', unitId: firmId }],
  }
  const deps = {
    ...archive,
    log: pino({ level: 'warn' }),
    config: { database: { url: archive.serviceUrl, ownerUrl: undefined } },
  }
  const start = performance.now()
  const { simulationId } = await simulateHistory(deps, actor, { files: [...files], anew })
  await runSimulations(deps)
  const seconds = (performance.now() - start) / 1000
  const { report } = await readSimulation(archive.db, actor, simulationId)
  console.log(
    `Verdicts that stand: ${report!.kept}, newly blocked: ${report!.newlyBlocked.count}, newly allowed: ${report!.newlyAllowed.count}, rules with hits: ${report!.rules.length}.`,
  )
  return { judged: report!.judged, seconds }
}

async function simulateInMemory(): Promise<{ judged: number; seconds: number }> {
  const start = performance.now()
  const { judged } = await simulatePolicy({ draft, posts: pastPosts() })
  return { judged, seconds: (performance.now() - start) / 1000 }
}

async function measure(run: () => Promise<{ judged: number; seconds: number }>): Promise<Record<string, number>> {
  const [cpu, postgres] = [process.cpuUsage(), postgresSeconds(archive.postgresId)]
  const before = process.memoryUsage.rss()
  let highest = before
  const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 100)
  const { judged, seconds } = await run()
  clearInterval(watch)
  const { user, system } = process.cpuUsage(cpu)
  const [node, database] = [(user + system) / 1e6, postgresSeconds(archive.postgresId) - postgres]
  return {
    posts: judged,
    seconds: Number(seconds.toFixed(1)),
    'posts/s': Math.round(judged / seconds),
    'CPU s of Node': Number(node.toFixed(1)),
    'CPU s of Postgres': Number(database.toFixed(1)),
    'CPU s for 1 M': Number((((node + database) / judged) * 1e6).toFixed(1)),
    'MB before': Math.round(before / 1e6),
    'highest MB': Math.round(highest / 1e6),
  }
}

console.log(`${availableParallelism()} threads`)
const whole = await measure(() => simulateWhole(draft, false))
console.table({
  '1,000 terms more, out of Postgres': whole,
  'one term more, out of Postgres': await measure(() => simulateWhole(oneTerm, false)),
  '1,000 terms more, each post judged anew': await measure(() => simulateWhole(draft, true)),
  'the engine alone, inputs in memory': await measure(simulateInMemory),
})
printTable(judgeHeadings, [judge('1 M posts, s', (whole['seconds']! / total) * 1e6, 20, 'less')])
await archive.stop()
