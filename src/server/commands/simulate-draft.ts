import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import { tellFileError } from '#server/platform/tell-file-error.ts'
import { exitCode, writeAll } from '#server/policies/command-io.ts'
import type { PolicyFileSource } from '#server/policies/parse-policy-file.ts'
import { readPolicyFiles } from '#server/policies/read-policy-files.ts'
import { readSimulation } from '#server/reviews/read-simulation.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import { simulateHistory } from '#server/reviews/simulate-history.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import { createSimulation, type getSimulation } from '#shared/api/simulations.ts'
import type { Command } from './command.ts'
import { findPerson } from './find-person.ts'
import { refuseWrongOptions, startOfDay } from './refuse-wrong-options.ts'
import { withDeps } from './with-deps.ts'

type Answer = AnswerOf<typeof getSimulation>

const usage =
  'policy simulate --as <e-mail|subject> (--policy <file|folder> | --version <version>) [--from <time>] [--to <time>] [--anew] [--json]\n'

/** `policy simulate`: the same run as from the API, in the name and within the units of one person. */
export const runPolicySimulate: Command = async ({ words, environment, io }) => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = { as: text, policy: text, version: text, from: text, to: text, anew: flag, json: flag } as const
  const { values } = parseArgs({ args: [...words], options })
  const { as: person, policy, json, ...period } = values
  const wish = startOfDay(period)
  if (person === undefined || (policy === undefined) === (wish.version === undefined)) {
    await writeAll(io.stderr, usage)
    return exitCode.unusable
  }
  refuseWrongOptions(createSimulation, wish)
  const files = policy === undefined ? {} : { files: await readNamed(policy) }
  return withDeps(environment, async (deps) => {
    const actor = await findPerson(deps, person, 'policy.simulate', 'simulate')
    const { simulationId } = await simulateHistory(deps, actor, { ...wish, ...files })
    const answer = await run(deps, actor, simulationId)
    await writeAll(io.stdout, json === true ? `${JSON.stringify(answer)}\n` : tellSimulation(answer))
    return answer.state === 'completed' ? exitCode.good : exitCode.found
  })
}

async function readNamed(place: string): Promise<PolicyFileSource[]> {
  try {
    return await readPolicyFiles(place)
  } catch (error) {
    const sentence = tellFileError(error, place, 'read')
    throw sentence === undefined ? error : new AppError('invalid_request', sentence, { cause: error })
  }
}

/** Runs the simulation here, or waits for the gateway that runs beside us and took it. */
async function run(deps: Deps, actor: Actor, simulationId: string): Promise<Answer> {
  for (;;) {
    await runSimulations(deps)
    const answer = await readSimulation(deps.db, actor, simulationId)
    if (answer.state !== 'waiting' && answer.state !== 'running') return answer
    await wait(300)
  }
}

const shownPosts = 20

/** A simulation for people: the matrix, what changes with its posts, and each rule. Pure. */
export function tellSimulation({ state, failure, draftVersion, from, to, report }: Answer): string {
  const lines = [`Simulation of ${draftVersion.slice(0, 12)}, ${from ?? 'the beginning'} to ${to}: ${state}`]
  if (failure !== null) lines.push(failure)
  if (report === null) return `${lines.join('\n')}\n`
  if (!report.complete) lines.push('INCOMPLETE: the figures cover the posts judged before it was cancelled.')
  lines.push(
    `${report.judged} posts: ${report.judged - report.kept} judged anew, ${report.failed} of them could not be; ${report.kept} stand, because no changed rule can touch them`,
    '',
    'before \\ after    pass  review   block',
  )
  for (const before of ['pass', 'review', 'block'] as const) {
    const { pass, review, block } = report.matrix[before]
    lines.push(`${before.padEnd(14)}${[pass, review, block].map((count) => String(count).padStart(8)).join('')}`)
  }
  for (const [title, { count, posts }] of [
    ['Newly blocked', report.newlyBlocked],
    ['Newly allowed', report.newlyAllowed],
  ] as const) {
    lines.push('', `${title}: ${count}`)
    for (const post of posts.slice(0, shownPosts))
      lines.push(`  ${post.revisionId}  ${(post.excerpt ?? '').replaceAll(/\s+/g, ' ').slice(0, 100)}`)
  }
  lines.push('', 'Rule: hits, judged right, judged wrong, precision')
  for (const { ruleId, hits, judgedTrue, judgedFalse, precision } of report.rules)
    lines.push(
      `  ${ruleId}: ${hits}, ${judgedTrue}, ${judgedFalse}, ${precision === null ? '–' : `${Math.round(precision * 100)} %`}`,
    )
  lines.push('', `Reviewers: ${report.reviewerHoursPerWeek} hours a week. ${report.assumption}`)
  return `${lines.join('\n')}\n`
}
