import { makeTerms } from './policy-corpus.ts'
import { loadPolicyAside } from '#server/policies/load-policy-aside.ts'
import { loadPolicy } from '#server/policies/load-policy.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'

/*
 * Loading a policy in a server that goes on answering: the shipped packs, alone and with terms more. "Longest wait" is the
 * longest time that another request would have waited for its turn, by the clock: read it on a quiet machine.
 */

const shipped = await readPolicyFiles(shippedPolicies)
const runs = 5

interface Waited {
  readonly took: number
  readonly longest: number
}

/** Runs some work while a request-like task wants every turn of the event loop. */
async function measureWait(work: () => unknown): Promise<Waited> {
  let longest = 0
  let last = performance.now()
  let watching = true
  const turn = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (watching) setImmediate(turn)
  }
  setImmediate(turn)
  await new Promise(setImmediate)
  const start = performance.now()
  await work()
  const took = performance.now() - start
  await new Promise(setImmediate)
  watching = false
  return { took, longest }
}

async function best(work: () => unknown): Promise<Waited> {
  let took = Number.POSITIVE_INFINITY
  let longest = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const waited = await measureWait(work)
    took = Math.min(took, waited.took)
    longest = Math.min(longest, waited.longest)
  }
  return { took, longest }
}

const rows: Record<string, Record<string, number>> = {}
for (const count of [0, 10_000, 100_000]) {
  const text = `policy: extra\nrules:\n  - id: extra\n    any: ${JSON.stringify(makeTerms(Math.max(1, count)))}\n`
  const files = [...shipped, { path: 'extra.yaml', text }]
  for (const [name, load] of [
    ['at once', (): unknown => loadPolicy(files)],
    ['aside', (): unknown => loadPolicyAside(files)],
  ] as const) {
    const { took, longest } = await best(load)
    rows[`shipped packs + ${count.toLocaleString('en')} terms, ${name}`] = {
      'loaded in ms': Math.round(took),
      'longest wait ms': Number(longest.toFixed(1)),
    }
  }
}
console.table(rows)
