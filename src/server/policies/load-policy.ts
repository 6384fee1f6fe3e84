import canonicalize from 'canonicalize'
import { compilePolicy } from './compile-policy.ts'
import { parsePolicyFile, type ParsedPolicyFile, type PolicyFileSource } from './parse-policy-file.ts'
import type { CompiledPolicy } from './policy.ts'
import { packPolicy, type PortablePolicy } from './portable-policy.ts'
import { runAtOnce } from './run-in-turns.ts'

export { PolicyError } from './policy-error.ts'
export type { PolicyFileSource } from './parse-policy-file.ts'
export type { CompiledPolicy } from './policy.ts'

/**
 * Compiles policy files into one policy. The order of the files does not matter. Pure.
 * Throws `PolicyError` with every problem of every file at once. A server that answers others meanwhile takes
 * `loadPolicyAside`.
 */
export function loadPolicy(sources: readonly PolicyFileSource[]): CompiledPolicy {
  return runAtOnce(compilePolicy(parsePolicyFiles(sources)))
}

/** The same, packed for another thread. */
export function compilePortable(sources: readonly PolicyFileSource[]): PortablePolicy {
  const files = parsePolicyFiles(sources)
  return packPolicy(runAtOnce(compilePolicy(files)), files)
}

/** The files, read and in the one order that their content gives. */
function parsePolicyFiles(sources: readonly PolicyFileSource[]): ParsedPolicyFile[] {
  return sources.map(parsePolicyFile).sort((a, b) => compare(sortKey(a), sortKey(b)))
}

function sortKey(file: ParsedPolicyFile): string {
  return `${file.raw?.policy ?? ''} ${canonicalize(file.raw ?? null) ?? ''}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
