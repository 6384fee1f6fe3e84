import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import { loadPolicy } from '#server/policies/load-policy.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'
import { simulationNiceness } from '#server/policies/serve-simulation.ts'
import {
  simulatePolicy,
  simulateTasks,
  type PastPost,
  type SimulationReport,
} from '#server/policies/simulate-policy.ts'
import type { MeetingTask } from '#test/support/meeting-thread.ts'

const base = [
  {
    path: 'base.yaml',
    text: 'policy: p\nrules:\n  - { id: old, severity: block, any: [alpha] }\n  - { id: kept, any: [gamma] }\n',
  },
]
const draft = [
  {
    path: 'draft.yaml',
    text: 'policy: p\nrules:\n  - { id: new, severity: block, any: [beta] }\n  - { id: kept, any: [gamma] }\n',
  },
]
const words = ['alpha', 'beta', 'gamma', 'delta']

function inputOf(text: string): PolicyInput {
  return { ...exampleInput, post: { ...exampleInput.post, text } }
}

function* pastPosts(count: number): Generator<PastPost> {
  const policy = loadPolicy(base)
  for (let index = 0; index < count; index++) {
    const input = inputOf(`${words[index % words.length]} ${index}`)
    // Every other record holds its verdict and its input as text, as the archive does.
    if (index % 2 === 0) yield { id: `post-${index}`, input }
    else yield { id: `post-${index}`, input: JSON.stringify(input), verdict: evaluatePost(policy, input).verdict }
  }
}

test('A draft over the past tells what changes verdict, newly blocked and newly allowed posts, and the work it makes', async () => {
  const reports: SimulationReport[] = []
  for (const workers of [1, 2]) {
    let told = 0
    reports.push(
      await simulatePolicy({ draft, base, posts: pastPosts(4000), workers, onProgress: (judged) => (told = judged) }),
    )
    assert.equal(told, 4000)
  }
  const [first, second] = reports
  assert.deepEqual(first, second, 'the report does not depend on the number of workers')
  assert.deepEqual(first!.matrix, {
    pass: { pass: 1000, review: 0, block: 1000 },
    review: { pass: 0, review: 1000, block: 0 },
    block: { pass: 1000, review: 0, block: 0 },
  })
  assert.deepEqual(first!.hitsByRule, { kept: 1000, new: 1000 })
  assert.ok(first!.newlyBlocked.includes('post-1') && first!.newlyBlocked.length === 1000)
  assert.ok(first!.newlyAllowed.includes('post-0') && first!.newlyAllowed.length === 1000)
  assert.deepEqual([first!.approvals, first!.failed, first!.complete, first!.unknownBefore], [3000, 0, true, 0])
})

test('A cancelled simulation keeps what it has and says so', async () => {
  const stop = new AbortController()
  const report = await simulatePolicy({
    draft,
    base,
    posts: pastPosts(200_000),
    workers: 1,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  })
  assert.equal(report.complete, false)
  assert.ok(report.judged > 0 && report.judged < 200_000)
})

test('An input that cannot be read counts as one that waits, and the others are still judged', async () => {
  const posts: PastPost[] = [
    { id: 'a', input: JSON.stringify(inputOf('beta')), verdict: 'pass' },
    { id: 'b', input: 'nonsense', verdict: 'pass' },
    { id: 'c', input: inputOf('delta') },
  ]
  const report = await simulatePolicy({ draft, posts, workers: 1 })
  assert.deepEqual([report.judged, report.failed, report.unknownBefore], [3, 1, 1])
  assert.deepEqual(report.matrix.pass, { pass: 0, review: 1, block: 1 })
})

test('A draft that does not load stops the simulation with its problems', async () => {
  await assert.rejects(
    simulatePolicy({ draft: [{ path: 'd.yaml', text: 'policy: p\nrules: [{ id: r }]\n' }], posts: [], workers: 1 }),
    /checks nothing/,
  )
})

test('Of many posts that change the first are listed, the same ones with any number of threads', async () => {
  function* posts(): Generator<PastPost> {
    for (let index = 0; index < 12_000; index++)
      yield { id: `post-${String(index).padStart(5, '0')}`, input: inputOf('beta'), verdict: 'pass' }
  }
  for (const workers of [1, 3]) {
    const report = await simulatePolicy({ draft, posts: posts(), workers })
    assert.equal(report.matrix.pass.block, 12_000)
    assert.deepEqual(
      [report.newlyBlocked.length, report.newlyBlocked[0], report.newlyBlocked.at(-1)],
      [10_000, 'post-00000', 'post-09999'],
    )
  }
})

const failing = new URL('../support/failing-thread.ts', import.meta.url)

test('A thread that dies ends the simulation and says so, it is never waited for', async () => {
  const run = (settings: string) =>
    simulateTasks({ thread: failing, settings, tasks: [0, 1, 2, 3] }, { draft, workers: 2 })
  await assert.rejects(run('exit'), /ended with code 7/)
})

test('What a thread throws outside of a task ends the simulation with that error', async () => {
  const run = simulateTasks({ thread: failing, settings: 'throw', tasks: [0, 1] }, { draft, workers: 1 })
  await assert.rejects(run, { name: 'RangeError', message: 'Nobody catches this.' })
})

const meeting = new URL('../support/meeting-thread.ts', import.meta.url)
const never = 1_000

test('The threads of a simulation work at the same time', async () => {
  const tasks = Array.from({ length: 8 }, (_, index): MeetingTask => ({ id: `post-${index}`, until: 3 }))
  // None of them ends before three threads have one.
  const report = await simulateTasks(
    { thread: meeting, settings: new SharedArrayBuffer(4), tasks },
    { draft, workers: 3 },
  )
  assert.deepEqual([report.judged, report.complete], [8, true])
})

test(
  'A cancelled simulation waits for no task, and counts also what came before an earlier one',
  { timeout: 60_000 },
  async () => {
    const stop = new AbortController()
    async function* tasks(): AsyncGenerator<MeetingTask> {
      yield { id: 'never-judged', until: never }
      for (let index = 0; index < 3; index++) yield { id: `post-${index}`, until: 0 }
      await new Promise(() => {}) // the next one never comes
    }
    const report = await simulateTasks(
      { thread: meeting, settings: new SharedArrayBuffer(4), tasks: tasks() },
      { draft, workers: 2, signal: stop.signal, onProgress: (judged) => judged === 2 && stop.abort() },
    )
    assert.equal(report.complete, false)
    assert.ok(report.judged >= 2, `${report.judged} judged`)
  },
)

test('What a thread cannot read fails the simulation with the thread’s own error and code', async () => {
  const run = simulateTasks({ thread: failing, settings: '', tasks: [0, 1, 2] }, { draft, workers: 1 })
  await assert.rejects(run, { message: 'The database is away.', code: '57P01' })
})

test(
  'The threads of a simulation stand back for whoever serves people',
  { skip: process.platform !== 'linux' },
  async () => {
    let kind: string[] = []
    await simulatePolicy({ draft, posts: pastPosts(1000), workers: 2, onProgress: () => (kind = readNiceness()) })
    assert.equal(kind.filter((nice) => nice === String(simulationNiceness)).length, 2)
    assert.equal(readNiceness().includes(String(simulationNiceness)), false, 'nobody else is slowed down')
  },
)

/** The niceness of each thread of this process: the nineteenth field, counted from after the name. */
function readNiceness(): string[] {
  return readdirSync('/proc/self/task').map((id) => {
    const words = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
    return words.slice(words.lastIndexOf(')') + 2).split(' ')[16]!
  })
}
