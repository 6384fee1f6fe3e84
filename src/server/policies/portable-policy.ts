import type { Matcher } from './matcher/compile-lexicons.ts'
import type { ParsedPolicyFile, YamlPath } from './parse-policy-file.ts'
import type { CompiledPolicy } from './policy.ts'
import type { RawPolicy } from './raw-policy.ts'

/**
 * A policy on its way between two threads: what takes long is done (reading YAML, checking, the lexicon's tables), and what
 * cannot travel (conditions, patterns) is still as written.
 */
export interface PortablePolicy {
  readonly version: string
  readonly matcher: Matcher
  readonly files: readonly PortableFile[]
}

interface PortableFile {
  readonly path: string
  readonly raw: RawPolicy
  readonly ruleLines: readonly number[]
  readonly caseLines: readonly number[]
}

/** Packs a compiled policy and the sound files that it was compiled from. */
export function packPolicy(policy: CompiledPolicy, files: readonly ParsedPolicyFile[]): PortablePolicy {
  return { version: policy.version, matcher: policy.matcher, files: files.map(packFile) }
}

function packFile(file: ParsedPolicyFile): PortableFile {
  const raw = file.raw!
  const linesOf = (key: 'rules' | 'cases'): number[] =>
    (raw[key] ?? []).map((_: unknown, at: number) => file.problemAt([key, at], '').line)
  return { path: file.path, raw: leaveTerms(raw), ruleLines: linesOf('rules'), caseLines: linesOf('cases') }
}

/** The terms are in the matcher; a rule need only say that it has some. */
function leaveTerms(raw: RawPolicy): RawPolicy {
  const rules = raw.rules?.map((rule) => ({
    ...rule,
    ...(rule.any === undefined ? {} : { any: [] }),
    ...(rule.unless === undefined ? {} : { unless: [] }),
  }))
  const disclosures = Object.entries(raw.disclosures ?? {}).map(([name, one]) => [name, { ...one, any: [] }])
  return { ...raw, lists: {}, ...(rules === undefined ? {} : { rules }), disclosures: Object.fromEntries(disclosures) }
}

/** The files as the compiler wants them. Their lines are known for rules and cases only: they have no problems any more. */
export function unpackFiles(policy: PortablePolicy): ParsedPolicyFile[] {
  return policy.files.map(({ path, raw, ruleLines, caseLines }) => ({
    path,
    raw,
    problems: [],
    problemAt: ([part, at]: YamlPath, message: string) => {
      const lines = part === 'rules' ? ruleLines : caseLines
      return { file: path, line: lines[Number(at)] ?? 1, message }
    },
  }))
}

/** The memory that is handed over instead of being copied. */
export function listBuffers(value: unknown, found: ArrayBuffer[] = []): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && !found.includes(value.buffer)) found.push(value.buffer)
  } else if (typeof value === 'object' && value !== null && !(value instanceof Set) && !Array.isArray(value)) {
    for (const part of Object.values(value)) listBuffers(part, found)
  }
  return found
}
