import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { addMilliseconds, systemClock } from '#server/platform/clock.ts'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'

/** What somebody with the store's own keys can do behind the gateway's back. */
export interface ForeignHand {
  /** Writes a second version over a key. */
  overwrite(key: string, bytes: Uint8Array): Promise<void>
  /** Deletes the key without naming a version: a delete marker. */
  markDeleted(key: string): Promise<void>
}

export interface Opened {
  readonly store: ObjectStore
  readonly foreign: ForeignHand
  /** Lets the time pass that a lock of `lockFor` milliseconds needs to end. */
  readonly pass: (milliseconds: number) => Promise<void>
}

const hour = 3_600_000
const inAnHour = () => addMilliseconds(systemClock.now(), hour)
const bytes = (text: string) => new TextEncoder().encode(text)
const refusedForGood = (error: unknown) => error instanceof ObjectStoreError && !error.retryable
let counter = 0
const freshKey = () => `contract/${process.pid}/${systemClock.now().replaceAll(/\D/g, '')}/${(counter += 1)}`

/** One suite for every adapter of the port. `open` is called once; keys are fresh in each test. */
export function describeObjectStore(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Promise<Opened> | undefined
    const ready = () => (opened ??= open())

    it('stores bytes and proves version, lock, size and SHA-256 (SEC-1)', async () => {
      const { store } = await ready()
      const key = freshKey()
      const until = inAnHour()
      const stored = await store.put(key, bytes('evidence'), until)
      assert.equal(stored.key, key)
      assert.equal(stored.size, 8)
      assert.equal(stored.sha256, createHash('sha256').update('evidence').digest('hex'))
      assert.ok(stored.versionId.length > 0)
      assert.ok(stored.retainUntil >= until, `${stored.retainUntil} is not before ${until}`)
      assert.deepEqual(await store.get(key, stored.versionId), Buffer.from('evidence'))
      assert.deepEqual(await store.head(key, stored.versionId), stored)
      assert.deepEqual(await store.head(key), stored)
    })

    it('stores an empty object and one of several megabytes', async () => {
      const { store } = await ready()
      const empty = freshKey()
      assert.equal((await store.put(empty, new Uint8Array(0), inAnHour())).size, 0)
      assert.equal((await store.get(empty))?.length, 0)
      const large = freshKey()
      const content = Buffer.alloc(7 * 1024 * 1024, 'evidence ')
      await store.put(large, content, inAnHour())
      const back = await store.get(large)
      assert.ok(back !== undefined && Buffer.compare(Buffer.from(back), content) === 0)
    })

    it('answers a repeated put as the first, with the longer lock', async () => {
      const { store } = await ready()
      const key = freshKey()
      const first = await store.put(key, bytes('same'), inAnHour())
      const later = addMilliseconds(first.retainUntil, hour)
      const again = await store.put(key, bytes('same'), later)
      assert.equal(again.versionId, first.versionId)
      assert.ok(again.retainUntil >= later)
      const shorter = await store.put(key, bytes('same'), inAnHour())
      assert.equal(shorter.retainUntil, again.retainUntil)
      assert.equal((await Array.fromAsync(store.list(key))).length, 1)
    })

    it('refuses other bytes under a key', async () => {
      const { store } = await ready()
      const key = freshKey()
      await store.put(key, bytes('one'), inAnHour())
      await assert.rejects(store.put(key, bytes('two'), inAnHour()), refusedForGood)
      assert.deepEqual(await store.get(key), Buffer.from('one'))
    })

    it('lets exactly one of several writers of a key win', async () => {
      const { store } = await ready()
      const key = freshKey()
      const results = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((text) => store.put(key, bytes(text), inAnHour())),
      )
      const winners = results.filter((result) => result.status === 'fulfilled')
      assert.ok(winners.length <= 1, `${winners.length} writers were told that they had won`)
      const first = await store.head(key)
      for (const winner of winners) assert.equal(winner.value.versionId, first?.versionId)
    })

    it('answers undefined for what it does not hold', async () => {
      const { store } = await ready()
      assert.equal(await store.get(freshKey()), undefined)
      assert.equal(await store.head(freshKey()), undefined)
    })

    it('refuses to destroy or shorten what is locked, and lengthens', async () => {
      const { store } = await ready()
      const key = freshKey()
      const stored = await store.put(key, bytes('locked'), inAnHour())
      await assert.rejects(store.destroy(key, stored.versionId), refusedForGood)
      await assert.rejects(
        store.extend(key, stored.versionId, addMilliseconds(stored.retainUntil, -hour / 2)),
        refusedForGood,
      )
      await store.extend(key, stored.versionId, addMilliseconds(stored.retainUntil, hour))
      assert.equal((await store.head(key))?.retainUntil, addMilliseconds(stored.retainUntil, hour))
      assert.deepEqual(await store.get(key), Buffer.from('locked'))
    })

    it('destroys a version once its lock has ended and no hold remains (GDPR-2)', async () => {
      const { store, pass } = await ready()
      const key = freshKey()
      const stored = await store.put(key, bytes('short'), addMilliseconds(systemClock.now(), 2_000))
      await store.setLegalHold(key, stored.versionId, true)
      await pass(4_000)
      await assert.rejects(store.destroy(key, stored.versionId), refusedForGood)
      await store.setLegalHold(key, stored.versionId, false)
      await store.destroy(key, stored.versionId)
      assert.equal(await store.get(key), undefined)
      assert.equal(await store.head(key, stored.versionId), undefined)
    })

    it('shows later versions and delete markers, and reads the first version all the same', async () => {
      const { store, foreign } = await ready()
      const key = freshKey()
      const stored = await store.put(key, bytes('original'), inAnHour())
      await foreign.overwrite(key, bytes('forged'))
      await foreign.markDeleted(key)
      assert.deepEqual(await store.get(key), Buffer.from('original'))
      assert.deepEqual(await store.get(key, stored.versionId), Buffer.from('original'))
      assert.deepEqual(await store.head(key), stored)
      const listed = await Array.fromAsync(store.list(key))
      assert.equal(listed.filter((version) => version.deleteMarker).length, 1)
      assert.equal(listed.filter((version) => !version.deleteMarker).length, 2)
      assert.equal((await store.put(key, bytes('original'), inAnHour())).versionId, stored.versionId)
    })

    it('lists keys under a prefix in byte order, whatever the depth', async () => {
      const { store } = await ready()
      const base = freshKey()
      const names = ['a', 'a-b', 'a/b', 'a/b/c', 'a/x001/000', 'a0', 'b.p/5']
      for (const name of names.toReversed()) await store.put(`${base}/${name}`, bytes(name), inAnHour())
      const listed = await Array.fromAsync(store.list(`${base}/`), (version) => version.key.slice(base.length + 1))
      assert.deepEqual(listed, names)
      const below = await Array.fromAsync(store.list(`${base}/a/`), (version) => version.key.slice(base.length + 1))
      assert.deepEqual(below, ['a/b', 'a/b/c', 'a/x001/000'])
    })

    it('answers a check', async () => {
      const { store } = await ready()
      await store.check()
    })
  })
}
