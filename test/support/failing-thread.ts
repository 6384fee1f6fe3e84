import { workerData } from 'node:worker_threads'
import { serveSimulation } from '#server/policies/serve-simulation.ts'

// A simulation's thread that ends with its second task, the way that `workerData` names.
serveSimulation((task) => {
  if (task === 1 && workerData === 'exit') process.exit(7)
  if (task === 1 && workerData === 'throw')
    setImmediate(() => {
      throw new RangeError('Nobody catches this.')
    })
  if (workerData === 'throw') return new Promise(() => {})
  if (task === 1) throw Object.assign(new Error('The database is away.'), { code: '57P01' })
  return { ids: [], inputs: [], verdicts: [], judgementsOf: () => new Map() }
})
