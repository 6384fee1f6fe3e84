import { isDatabaseAway } from './database-away.ts'
import type { Db } from './database.ts'

export interface GroupOptions {
  /** Most calls in one group. */
  readonly largest?: number
  /** Most groups under way at one time: the fewer, the larger they are. */
  readonly atOnce?: number
  /** From then on a group no longer holds up the next: a connection that died in silence must not stop everybody. */
  readonly patienceMilliseconds?: number
}

interface Waiting<In, Out> {
  readonly input: In
  readonly resolve: (output: Out) => void
  readonly reject: (error: unknown) => void
}

/** Answers as many outputs as it was given inputs, in their order. */
type Run<In, Out> = (db: Db, inputs: readonly In[]) => Promise<readonly Out[]>

/**
 * Group commit for calls of the database: what arrives while earlier groups are under way goes together, as one
 * statement. A call never joins a group that has begun, so it sees everything that was committed before it was made.
 * When a group fails, each of its calls is run alone, so that nobody fails for another's mistake; `run` must therefore
 * leave nothing behind when it fails. Alone and idle, a call begins in the same turn of the event loop.
 */
export function groupCalls<In, Out>(
  run: Run<In, Out>,
  { largest = 64, atOnce = 1, patienceMilliseconds = 500 }: GroupOptions = {},
): (db: Db, input: In) => Promise<Out> {
  const groups = new WeakMap<Db, (input: In) => Promise<Out>>()
  return (db, input) => {
    let join = groups.get(db)
    if (join === undefined)
      groups.set(db, (join = openGroups((inputs) => run(db, inputs), { largest, atOnce, patienceMilliseconds })))
    return join(input)
  }
}

function openGroups<In, Out>(
  run: (inputs: readonly In[]) => Promise<readonly Out[]>,
  { largest, atOnce, patienceMilliseconds }: Required<GroupOptions>,
): (input: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = []
  let underWay = 0
  const begin = () => {
    while (waiting.length > 0 && underWay < atOnce) {
      const group = waiting.slice(0, largest)
      waiting = waiting.slice(largest)
      underWay++
      let isCounted = true
      const makeRoom = () => {
        if (isCounted) underWay--
        isCounted = false
        begin()
      }
      const impatient = setTimeout(makeRoom, patienceMilliseconds)
      void carryOut(run, group).finally(() => {
        clearTimeout(impatient)
        makeRoom()
      })
    }
  }
  return (input) =>
    new Promise<Out>((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      // What arrives in the same turn goes together, also when nothing is under way.
      if (waiting.length === 1) setImmediate(begin)
    })
}

async function carryOut<In, Out>(
  run: (inputs: readonly In[]) => Promise<readonly Out[]>,
  group: readonly Waiting<In, Out>[],
): Promise<void> {
  try {
    const outputs = await run(group.map(({ input }) => input))
    group.forEach(({ resolve }, place) => resolve(outputs[place]!))
  } catch (error) {
    if (group.length === 1 || isDatabaseAway(error)) for (const { reject } of group) reject(error)
    else await Promise.all(group.map((one) => carryOut(run, [one])))
  }
}
