import { makePosts, makeTerms } from './policy-corpus.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'
import { simulatePolicy, type PastPost } from '#server/policies/simulate-policy.ts'

/*
 * A draft over past posts: the shipped packs with 1,000 terms more, 280 characters, recorded verdicts.
 * To reach: 1,000,000 posts in under 20 s on 2 cores. `node bench/policy-simulate.ts 100000` runs fewer.
 */

const total = Number(process.argv[2] ?? 1_000_000)
const terms = makeTerms(1000)
const texts = makePosts(20_000, 280, terms, 0.02)
const records = texts.map((text, index) =>
  JSON.stringify({
    ...exampleInput,
    post: { ...exampleInput.post, text },
    author: { ...exampleInput.author, id: `author-${index % 50}` },
    targets: [{ profileId: 'a', network: 'linkedin' }],
  }),
)

function* pastPosts(): Generator<PastPost> {
  for (let index = 0; index < total; index++)
    yield { id: String(index), input: records[index % records.length]!, verdict: 'pass' }
}

const draft = [
  ...(await readPolicyFiles(shippedPolicies)),
  {
    path: 'extra.yaml',
    text: `policy: extra\nrules:\n  - id: extra\n    severity: block\n    any: ${JSON.stringify(terms)}\n`,
  },
]
const rows: Record<string, Record<string, number>> = {}
for (const workers of [1, 2]) {
  const start = performance.now()
  const cpu = process.cpuUsage()
  const report = await simulatePolicy({ draft, posts: pastPosts(), workers })
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const burnt = user + system
  rows[`${workers} worker${workers > 1 ? 's' : ''}`] = {
    posts: report.judged,
    seconds: Number(seconds.toFixed(1)),
    'posts/s': Math.round(report.judged / seconds),
    'CPU s': Number((burnt / 1e6).toFixed(1)),
    'CPU s for 1 M': Number((burnt / report.judged).toFixed(1)),
    'newly blocked': report.matrix.pass.block,
    'heap MB': Math.round(process.memoryUsage().rss / 1e6),
  }
}
const [one, two] = Object.values(rows)
console.table(rows)
console.log(`Two workers are ${(two!['posts/s']! / one!['posts/s']!).toFixed(2)} × one.`)
