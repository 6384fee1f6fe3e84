import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Db } from '#server/platform/database.ts'
import { groupCalls } from '#server/platform/group-calls.ts'

const db = {} as Db

/** A run that answers when it is told to, and remembers its groups. */
function createDoor() {
  const groups: number[][] = []
  const opens: (() => void)[] = []
  const run = async (_db: Db, inputs: readonly number[]) => {
    groups.push([...inputs])
    await new Promise<void>((open) => opens.push(open))
    return inputs.map((input) => input * 10)
  }
  return { groups, run, open: () => opens.shift()?.() }
}

const turn = () => new Promise((done) => setImmediate(done))

test('Calls that come in one turn go as one group, in their order', async () => {
  const { groups, run, open } = createDoor()
  const call = groupCalls(run)
  const answers = Promise.all([1, 2, 3].map((input) => call(db, input)))
  await turn()
  open()
  assert.deepEqual(await answers, [10, 20, 30])
  assert.deepEqual(groups, [[1, 2, 3]])
})

test('A call never joins a group that has begun', async () => {
  const { groups, run, open } = createDoor()
  const call = groupCalls(run, { atOnce: 1 })
  const first = call(db, 1)
  await turn()
  const later = [call(db, 2), call(db, 3)]
  await turn()
  assert.deepEqual(groups, [[1]], 'the later ones wait while the first is under way')
  open()
  assert.equal(await first, 10)
  await turn()
  open()
  assert.deepEqual(await Promise.all(later), [20, 30])
  assert.deepEqual(groups, [[1], [2, 3]])
})

test('Nobody fails for another’s mistake', async () => {
  const call = groupCalls(async (_db, inputs: readonly number[]) => {
    if (inputs.includes(2)) throw new Error(`refused ${inputs.join()}`)
    return inputs
  })
  const settled = await Promise.allSettled([1, 2, 3].map((input) => call(db, input)))
  assert.deepEqual(
    settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message)),
    [1, 'refused 2', 3],
  )
})

test('While the database is away each call is told so once; nothing is run again', async () => {
  let runs = 0
  const call = groupCalls(async (_db, _inputs: readonly number[]) => {
    runs++
    throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
  })
  const settled = await Promise.allSettled([1, 2, 3].map((input) => call(db, input)))
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  )
  assert.equal(runs, 1)
})

test('Every call gets its own answer, whatever the sizes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat()),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      async (inputs, largest, atOnce) => {
        const sizes: number[] = []
        const call = groupCalls(
          async (_db, group: readonly number[]) => {
            sizes.push(group.length)
            await turn()
            return group.map((input) => input + 1)
          },
          { largest, atOnce },
        )
        const answers = await Promise.all(inputs.map((input) => call(db, input)))
        assert.deepEqual(
          answers,
          inputs.map((input) => input + 1),
        )
        assert.ok(sizes.every((size) => size <= largest))
      },
    ),
    { numRuns: 50 },
  )
})

test('A group that does not end holds up the next only for a moment', async () => {
  let runs = 0
  const call = groupCalls(
    async (_db, inputs: readonly number[]) => (++runs === 1 ? new Promise<number[]>(() => {}) : inputs),
    { atOnce: 1, patienceMilliseconds: 5 },
  )
  void call(db, 1)
  await turn()
  assert.equal(await call(db, 2), 2)
})
