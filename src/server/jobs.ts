import { setTimeout as wait } from 'node:timers/promises'
import { schedule } from 'node-cron'
import { anchorCheckpoints } from '#server/archive/anchor-checkpoint.ts'
import { carryHolds } from '#server/archive/carry-holds.ts'
import { commitDirectory } from '#server/archive/commit-directory.ts'
import { keepArchive } from '#server/archive/keep-archive.ts'
import { sealAndTell } from '#server/archive/seal-and-tell.ts'
import { verifyOnSchedule } from '#server/archive/verify-on-schedule.ts'
import { removeExports } from '#server/exports/remove-exports.ts'
import { runExports } from '#server/exports/run-export.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import type { Deps } from '#server/platform/deps.ts'
import { forgetIdempotencyKeys } from '#server/platform/idempotency.ts'
import { listenForNotices } from '#server/platform/listen-for-notices.ts'
import { activateDueVersions } from '#server/policies/activate-policy-version.ts'
import { prepareVersions } from '#server/policies/compiled-policies.ts'
import { endLapsedEmergencies } from '#server/policies/start-emergency.ts'
import { indexTouch } from '#server/posts/index-touch.ts'
import { attemptPublications } from '#server/publishing/attempt-publications.ts'
import { capturePublications, confirmPublications } from '#server/publishing/confirm-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { retractPublications } from '#server/publishing/retract-post.ts'
import { handOverReviews } from '#server/reviews/hand-over-reviews.ts'
import { keepNeighbours } from '#server/reviews/keep-neighbours.ts'
import { openSampledReviews } from '#server/reviews/open-sampled-reviews.ts'
import { reevaluatePosts } from '#server/reviews/reevaluate-posts.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'

export interface Jobs {
  /** Resolves when no job is at work any more. */
  stop(): Promise<void>
}

/** One thing that happens by itself. It finds its work by a query, so a lost notice costs a second and nothing else. */
interface Job {
  readonly name: string
  /** Channels whose notice starts the job before its next tick. */
  readonly wokenBy: readonly string[]
  /** Jobs that may have work as soon as this one has ended. */
  readonly wakes: readonly string[]
  /** Ticks between two runs, in seconds. */
  readonly everySeconds: number
  /** How many runs there may be beside one another in this process; one, where it does not say. */
  readonly atOnce?: number
  /** Ends soon after `stopping`; what it had in hand is done again by whoever is there next. */
  run(deps: Deps, stopping: AbortSignal): Promise<unknown>
}

/** Everything that happens by itself. */
function listJobs(networks: Iterable<string>): readonly Job[] {
  const atNetworks = [...networks].flatMap(networkJobs)
  return [
    {
      name: 'seal',
      wokenBy: ['gateway_record'],
      wakes: ['export', ...atNetworks.map((job) => job.name)],
      everySeconds: 1,
      run: async (deps) => deps.archiveThread?.seal() ?? sealAndTell(deps),
    },
    { name: 'keep', wokenBy: [], wakes: [], everySeconds: 600, run: (deps) => keepArchive(deps) },
    { name: 'release', wokenBy: ['gateway_publication'], wakes: [], everySeconds: 1, run: release },
    { name: 'export', wokenBy: ['gateway_export'], wakes: [], everySeconds: 2, run: runExports },
    { name: 'end exports', wokenBy: [], wakes: [], everySeconds: 60, run: (deps) => removeExports(deps) },
    { name: 'judge', wokenBy: ['gateway_policy'], wakes: ['release'], everySeconds: 2, run: judge },
    {
      name: 'simulate',
      wokenBy: ['gateway_simulation'],
      wakes: [],
      everySeconds: 5,
      run: runSimulations,
    },
    {
      name: 'hand over',
      wokenBy: ['gateway_person'],
      wakes: [],
      everySeconds: 30,
      run: (deps) => handOverReviews(deps),
    },
    { name: 'sample', wokenBy: [], wakes: [], everySeconds: 30, run: (deps) => openSampledReviews(deps) },
    { name: 'index touch', wokenBy: [], wakes: [], everySeconds: 20, run: (deps) => indexTouch(deps) },
    { name: 'keep neighbours', wokenBy: [], wakes: [], everySeconds: 30, run: (deps) => keepNeighbours(deps) },
    { name: 'forget keys', wokenBy: [], wakes: [], everySeconds: 3600, run: (deps) => forgetIdempotencyKeys(deps) },
    { name: 'hold', wokenBy: [], wakes: [], everySeconds: 15, run: carryHolds },
    { name: 'directory', wokenBy: [], wakes: [], everySeconds: 2, run: commitDirectory },
    { name: 'anchor', wokenBy: [], wakes: [], everySeconds: 10, run: anchorCheckpoints },
    { name: 'verify', wokenBy: [], wakes: [], everySeconds: 30, run: verify },
    ...atNetworks,
  ]
}

/**
 * What happens at one network, in jobs of their own: a network that is silent, or takes minutes for a film, holds up no
 * other network, no recall and, up to a second round of sending, no other profile.
 */
function networkJobs(network: string): readonly Job[] {
  const usual = { wokenBy: ['gateway_publication'], wakes: [], everySeconds: 1 }
  return [
    { ...usual, name: `recall on ${network}`, run: (deps) => retractPublications(deps, network) },
    { ...usual, name: `send to ${network}`, atOnce: 2, run: (deps) => attemptPublications(deps, network) },
    {
      ...usual,
      name: `look at ${network}`,
      wakes: ['release'],
      async run(deps) {
        await confirmPublications(deps, network)
        await capturePublications(deps, network)
      },
    },
  ]
}

/** What passes the gate is sealed and then sent. Claims are row locks, so several nodes may run this at once. */
async function release(deps: Deps): Promise<void> {
  await planPublications(deps)
  await releasePublications(deps)
}

/** A verification may take long, changes nothing and is due again after a start: nobody waits for it to stop. */
async function verify(deps: Deps, stopping: AbortSignal): Promise<void> {
  const done = deps.archiveThread?.verify() ?? verifyOnSchedule(deps)
  const stopped = new Promise<void>((resolve) =>
    stopping.addEventListener('abort', () => {
      done.catch((error: unknown) => deps.log.debug({ err: error }, 'a verification was cut off'))
      resolve()
    }),
  )
  await Promise.race([done, stopped])
}

async function judge(deps: Deps): Promise<void> {
  await prepareVersions(deps.db)
  await activateDueVersions(deps)
  await endLapsedEmergencies(deps)
  await reevaluatePosts(deps)
}

/** Starts everything that happens by itself: sealing, judging anew, publishing, exports. */
export function startJobs(deps: Deps): Jobs {
  const jobs = listJobs(deps.networks.keys())
  const stopping = new AbortController()
  const runners: ReadonlyMap<string, Runner> = new Map(
    jobs.map((job): [string, Runner] => [
      job.name,
      createRunner(deps, job, stopping.signal, (name) => runners.get(name)?.wake()),
    ]),
  )
  let seconds = 0
  const tick = () => {
    seconds += 1
    for (const job of jobs) if (seconds % job.everySeconds === 0) runners.get(job.name)!.wake()
  }
  // A second that was slept through needs no warning: each job finds its work at the next one.
  const ticker = schedule('* * * * * *', tick, { suppressMissedWarning: true })
  const channels = [...new Set(jobs.flatMap((job) => job.wokenBy))]
  const notices = listenForNotices(deps, channels, (channel) => {
    for (const job of jobs) if (job.wokenBy.includes(channel)) runners.get(job.name)!.wake()
  })
  return {
    async stop() {
      stopping.abort()
      await ticker.stop()
      await notices.stop()
      // A verification under way may take minutes: it is not waited for, and begins anew after the next start.
      const ended = Promise.all([deps.archiveThread?.stop(), ...[...runners.values()].map((runner) => runner.stop())])
      if (await isOver(ended)) return
      const names = jobs.map((job) => job.name).filter((name) => runners.get(name)!.isRunning())
      deps.log.warn({ jobs: names }, 'jobs were left at work at the stop: the next process does what they had in hand')
    },
  }
}

/** Longest wait for jobs under way when the process is asked to stop: meanwhile nothing is sealed. */
const patienceMilliseconds = 10_000

async function isOver(ended: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  const late = wait(patienceMilliseconds, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([ended.then(() => true), late])
  timer.abort()
  return inTime
}

interface Runner {
  wake(): void
  isRunning(): boolean
  stop(): Promise<void>
}

/** Runs one job in this process, so often at once as it may; a wake-up while it cannot starts one more run afterwards. */
function createRunner(deps: Deps, job: Job, stopping: AbortSignal, wake: (name: string) => void): Runner {
  const { atOnce = 1 } = job
  const running = new Set<Promise<void>>()
  let again = false
  let stopped = false
  let failing = false

  async function loop(): Promise<void> {
    do {
      again = false
      try {
        await job.run(deps, stopping)
        if (failing) deps.log.info({ job: job.name }, 'job works again')
        failing = false
        for (const name of job.wakes) wake(name)
      } catch (error) {
        report(deps, job.name, error, failing)
        failing = true
      }
    } while (again)
  }

  return {
    wake() {
      if (stopped) return
      if (running.size >= atOnce) {
        again = true
        return
      }
      const run = loop().finally(() => running.delete(run))
      running.add(run)
    },
    isRunning: () => running.size > 0,
    async stop() {
      stopped = true
      again = false
      await Promise.all(running)
    },
  }
}

/** Once for each outage, not once a second. */
function report(deps: Pick<Deps, 'log'>, name: string, error: unknown, alreadyFailing: boolean): void {
  if (alreadyFailing) return
  if (isDatabaseAway(error)) deps.log.warn({ job: name, err: error }, 'job waits for the database')
  else deps.log.error({ job: name, err: error }, 'job failed and is repeated')
}
