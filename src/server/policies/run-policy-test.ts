import { parseArgs } from 'node:util'
import { tellFileError } from '#server/platform/tell-file-error.ts'
import { exitCode, type CommandIo } from './command-io.ts'
import { lintPolicy } from './lint-policy.ts'
import { loadPolicy } from './load-policy.ts'
import { describeProblem, PolicyError } from './policy-error.ts'
import { readPolicyFiles, readWordLists, shippedPolicies } from './read-policy-files.ts'
import { testPolicy, type TestReport } from './test-policy.ts'

const words = {
  en: {
    good: (report: TestReport, rules: number): string =>
      `${report.checked} examples of ${rules} rules came out as written.`,
    bad: (report: TestReport): string =>
      `${report.failures.length} of ${report.checked} examples failed, ${report.untested.length} rules lack an example.`,
  },
  fr: {
    good: (report: TestReport, rules: number): string =>
      `Les ${report.checked} exemples des ${rules} règles donnent le résultat écrit.`,
    bad: (report: TestReport): string =>
      `${report.failures.length} exemples sur ${report.checked} échouent, ${report.untested.length} règles n'ont pas leurs exemples.`,
  },
}

/**
 * `policy test [file or folder] [--words]`: loads the policy, runs its examples and cases. With `--words` it also tells
 * which ordinary words its stars take, which fails nothing. Answers the exit code.
 */
export async function runPolicyTest(args: readonly string[], io: CommandIo): Promise<number> {
  const wish = readWish(args)
  if (wish === undefined) {
    io.stderr.write('policy test [file|folder] [--words]\n')
    return exitCode.unusable
  }
  const { place, isWithWords } = wish
  try {
    const files = await readPolicyFiles(place)
    const policy = loadPolicy(files)
    if (isWithWords)
      for (const note of lintPolicy(files, await readWordLists())) io.stdout.write(`${describeProblem(note)}\n`)
    const report = testPolicy(policy)
    for (const failure of [...report.failures, ...report.untested]) io.stdout.write(`${describeProblem(failure)}\n`)
    const good = report.failures.length + report.untested.length === 0
    io.stdout.write(`${good ? words[io.locale].good(report, policy.rules.length) : words[io.locale].bad(report)}\n`)
    return good ? exitCode.good : exitCode.found
  } catch (error) {
    return reportUnusable(error, io, place)
  }
}

function readWish(args: readonly string[]): { place: string; isWithWords: boolean } | undefined {
  try {
    const options = { words: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options })
    if (positionals.length > 1) return undefined
    return { place: positionals[0] ?? shippedPolicies, isWithWords: values.words === true }
  } catch {
    return undefined
  }
}

/** Tells why a policy cannot be used at all: every problem of a policy error, or what the file system said of the place. */
export function reportUnusable(error: unknown, io: CommandIo, place: string): number {
  if (error instanceof PolicyError)
    for (const problem of error.problems) io.stderr.write(`${describeProblem(problem)}\n`)
  else {
    const sentence = tellFileError(error, place, 'read')
    if (sentence === undefined) throw error
    io.stderr.write(`${sentence}\n`)
  }
  return exitCode.unusable
}
