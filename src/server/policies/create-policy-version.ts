import { setImmediate as nextTurn } from 'node:timers/promises'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { findUnknownUnits } from './find-unknown-units.ts'
import { loadPolicyAside } from './load-policy-aside.ts'
import type { CompiledPolicy, PolicyFileSource } from './load-policy.ts'
import { PolicyError } from './policy-error.ts'
import { describeVersion, insertVersion, type PolicyVersionRow } from './queries.ts'
import { runInTurns } from './run-in-turns.ts'
import { testInSteps, type TestReport } from './test-policy.ts'

/** Writes a draft. Every mistake and every failing case is listed at once; the running version stays. */
export async function createPolicyVersion(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  files: readonly PolicyFileSource[],
  note: string,
): Promise<PolicyVersionRow> {
  await nextTurn() // reading megabytes of JSON was one
  const policy = await compileAsideOrExplain(files)
  const unknown = await findUnknownUnits(deps.db, policy)
  if (unknown.length > 0) throw explain(new PolicyError(unknown))
  refuseFailing(await runInTurns(testInSteps(policy)))
  return inTransaction(deps.db, async (tx) => {
    const at = deps.clock.now()
    const draft = { version: policy.version, files, ruleCount: policy.rules.length, note, createdBy: actor.userId, at }
    if (!(await insertVersion(tx, draft)))
      throw new AppError('conflict', `These files are already version ${policy.version.slice(0, 12)}.`)
    await appendRecord(tx, actor, {
      type: 'policy.version_created',
      at,
      streams: { policy: policy.version },
      body: { version: policy.version, note, files: files.map((file) => ({ path: file.path, text: file.text })) },
    })
    return (await describeVersion(tx, policy.version))!
  })
}

/** Compiles files while requests are answered, or throws `policy_invalid` with every mistake and its place. */
export async function compileAsideOrExplain(files: readonly PolicyFileSource[]): Promise<CompiledPolicy> {
  try {
    return await loadPolicyAside(files)
  } catch (error) {
    throw explain(error)
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof PolicyError)) return error
  const problems = error.problems.map((problem) => ({
    field: `${problem.file}:${problem.line}${problem.ruleId === undefined ? '' : ` ${problem.ruleId}`}`,
    message: problem.message,
  }))
  return new AppError(
    'policy_invalid',
    `The policy has ${problems.length} mistake(s); the running version stays. First: ${problems[0]?.field}: ${problems[0]?.message}`,
    { problems, cause: error },
  )
}

function refuseFailing({ failures, untested }: TestReport): void {
  const problems = [...failures, ...untested].map((failure) => ({
    field: `${failure.file}:${failure.line}${failure.ruleId === undefined ? '' : ` ${failure.ruleId}`}`,
    message: failure.message,
  }))
  if (problems.length > 0) {
    throw new AppError(
      'policy_invalid',
      `${problems.length} case(s) fail; the running version stays. First: ${problems[0]?.field}: ${problems[0]?.message}`,
      { problems },
    )
  }
}
