import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { openEnvironment } from './compile-condition.ts'
import { compileMatcher, gatherLexicons } from './compile-matcher.ts'
import { compileRoute } from './compile-route.ts'
import { compileRule, type Workshop } from './compile-rule.ts'
import { gatherCalendars, gatherDisclosures, gatherLists } from './gather-shared.ts'
import type { Matcher } from './matcher/compile-lexicons.ts'
import type { ParsedPolicyFile } from './parse-policy-file.ts'
import type { CompiledPolicy, CompiledRoute, CompiledRule } from './policy.ts'
import { PolicyError } from './policy-error.ts'

/** Raised when the meaning of the language changes, so that a version always means one behaviour. */
const languageVersion = 1

/** The parts that take long, made elsewhere from the same files. */
export interface ReadyParts {
  readonly version: string
  readonly matcher: Matcher
}

/**
 * Compiles parsed files into one policy, a rule at a time: it yields wherever it may be left for a while. Pure.
 * Throws `PolicyError` with every problem of every file at once.
 */
export function* compilePolicy(
  files: readonly ParsedPolicyFile[],
  ready?: ReadyParts,
): Generator<void, CompiledPolicy> {
  const problems = files.flatMap((file) => file.problems)
  if (files.length === 0)
    problems.push({
      file: '',
      line: 1,
      message: 'There is no policy file here. Write one such as policies/house-style/house-style.yaml.',
    })
  const sound = files.filter((file) => file.raw !== undefined)
  const lists = gatherLists(sound, problems)
  const calendars = gatherCalendars(sound, problems)
  const gathered = gatherDisclosures(sound, problems)
  const environment = openEnvironment(calendars, false)
  const shop: Workshop = { calendars, disclosures: gathered.byName, environment, problems }
  yield
  const rules = yield* compileRules(shop, sound)
  const routes = yield* compileRoutes(shop, sound)
  const lexicons = gatherLexicons(sound, rules, gathered.origins)
  const matcher = ready?.matcher ?? compileMatcher(lexicons, lists, problems)
  if (problems.length > 0 || matcher === undefined) throw new PolicyError(problems)
  yield
  const asked = rules.filter(isAlwaysAsked)
  return Object.freeze<CompiledPolicy>({
    version: ready?.version ?? versionOf(sound),
    packs: sound.map(({ raw, path }) => ({
      policy: raw!.policy,
      ...(raw!.title === undefined ? {} : { title: raw!.title }),
      ...(raw!.regulator === undefined ? {} : { regulator: raw!.regulator }),
      file: path,
    })),
    rules,
    disclosures: gathered.disclosures,
    calendars,
    routes,
    cases: sound.flatMap((file) =>
      (file.raw!.cases ?? []).map((one, at) => ({
        ...one,
        file: file.path,
        line: file.problemAt(['cases', at], '').line,
      })),
    ),
    matcher,
    owners: lexicons.owners,
    asked: asked.map((rule) => rule.index),
    metadataConditions: asked.filter((rule) => rule.condition?.metadataOnly === true).length,
  })
}

function isAlwaysAsked(rule: CompiledRule): boolean {
  return !rule.needsHit || rule.detectors.length + rule.formats.length + rule.patterns.length > 0
}

function versionOf(files: readonly ParsedPolicyFile[]): string {
  const content = { language: languageVersion, files: files.map((file) => file.raw) }
  return createHash('sha256')
    .update(canonicalize(content) ?? '')
    .digest('hex')
}

function* compileRules(shop: Workshop, files: readonly ParsedPolicyFile[]): Generator<void, CompiledRule[]> {
  const rules: CompiledRule[] = []
  const seen = new Map<string, CompiledRule>()
  for (const file of files) {
    for (let at = 0; at < (file.raw!.rules?.length ?? 0); at++) {
      const rule = compileRule(shop, file, at, rules.length)
      const other = seen.get(rule.id)
      if (other !== undefined)
        shop.problems.push(
          file.problemAt(
            ['rules', at, 'id'],
            `${other.file}:${other.line} has a rule "${rule.id}" already. Choose another id.`,
          ),
        )
      seen.set(rule.id, rule)
      rules.push(rule)
      yield
    }
  }
  return rules
}

function* compileRoutes(shop: Workshop, files: readonly ParsedPolicyFile[]): Generator<void, CompiledRoute[]> {
  const environment = openEnvironment(shop.calendars, true)
  const routes: CompiledRoute[] = []
  for (const file of files) {
    for (let at = 0; at < (file.raw!.routes?.length ?? 0); at++) {
      const route = compileRoute(shop, environment, file, at)
      if (route !== undefined) routes.push(route)
      yield
    }
  }
  return routes
}
