import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'

export interface Fault {
  /** The call that fails, counted from 0; every later call fails too, as when a bucket goes away. */
  readonly atCall: number
  /** `before`: nothing happened. `after`: the store did it and the answer was lost. */
  readonly moment: 'before' | 'after'
}

const bucketGone = new ObjectStoreError('The bucket went away.', { retryable: true })

type Attempt = <T>(work: () => Promise<T>) => Promise<T>

/** A store that stops answering at one of its calls. */
export function faultyStore(store: ObjectStore, fault: Fault): ObjectStore & { readonly calls: number } {
  let calls = 0
  const faulty = interceptStore(store, async (work) => {
    const call = calls++
    if (call < fault.atCall) return work()
    if (call === fault.atCall && fault.moment === 'after') await work()
    throw bucketGone
  })
  return Object.defineProperty(faulty, 'calls', { get: () => calls }) as ObjectStore & { readonly calls: number }
}

/** A store that is away while a test says so. */
export function waveringStore(store: ObjectStore, isAway: () => boolean): ObjectStore {
  return interceptStore(store, async (work) => {
    if (isAway()) throw bucketGone
    return work()
  })
}

function interceptStore(store: ObjectStore, attempt: Attempt): ObjectStore {
  return {
    put: (...args) => attempt(() => store.put(...args)),
    get: (...args) => attempt(() => store.get(...args)),
    head: (...args) => attempt(() => store.head(...args)),
    async *list(prefix) {
      await attempt(async () => {})
      yield* store.list(prefix)
    },
    extend: (...args) => attempt(() => store.extend(...args)),
    destroy: (...args) => attempt(() => store.destroy(...args)),
    setLegalHold: (...args) => attempt(() => store.setLegalHold(...args)),
    check: () => attempt(() => store.check()),
  }
}
