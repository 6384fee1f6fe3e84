/** One mistake in a policy file. `message` says what to write instead. `line` counts from 1. */
export interface PolicyProblem {
  readonly file: string
  readonly line: number
  readonly ruleId?: string
  readonly message: string
}

/** Everything that is wrong with a set of policy files, at once. The running version stays. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly problems: readonly PolicyProblem[]

  constructor(problems: readonly PolicyProblem[]) {
    super(problems.map(describeProblem).join('\n'))
    this.problems = problems
  }
}

/** `file:line rule-id: message`. */
export function describeProblem(problem: PolicyProblem): string {
  const rule = problem.ruleId === undefined ? '' : ` ${problem.ruleId}`
  return `${problem.file}:${problem.line}${rule}: ${problem.message}`
}
