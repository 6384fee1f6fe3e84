import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { addMilliseconds, systemClock, type Clock } from '#server/platform/clock.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { describeObjectStore } from './object-store-contract.ts'

const folders: string[] = []
const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'locked-'))
  folders.push(folder)
  return folder
}
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

let ahead = 0
const clock: Clock = { now: () => addMilliseconds(systemClock.now(), ahead) }

describeObjectStore('directory object store', async () => {
  const directory = await makeFolder()
  const store = await openDirectoryObjectStore({ directory, clock })
  const next = async (key: string) => String((await readdir(join(directory, `${key}~`))).length).padStart(8, '0')
  return {
    store,
    pass: async (milliseconds) => void (ahead += milliseconds),
    foreign: {
      overwrite: async (key, bytes) =>
        writeFile(join(directory, `${key}~`, `${await next(key)}-${crypto.randomUUID()}`), bytes),
      markDeleted: async (key) =>
        writeFile(join(directory, `${key}~`, `${await next(key)}-${crypto.randomUUID()}.deleted`), ''),
    },
  }
})

it('writes files that nobody may write, in a folder that only the owner may read', async () => {
  const directory = await makeFolder()
  const store = await openDirectoryObjectStore({ directory, clock })
  const stored = await store.put('media/x', Buffer.from('x'), addMilliseconds(clock.now(), 1_000))
  assert.equal((await stat(join(directory, 'media/x~', stored.versionId))).mode & 0o777, 0o444)
  assert.equal((await stat(join(directory, 'media'))).mode & 0o077, 0)
})

it('ignores what a crash left half written', async () => {
  const directory = await makeFolder()
  const store = await openDirectoryObjectStore({ directory, clock })
  await writeFile(join(directory, '.incoming', 'half'), 'half')
  assert.deepEqual(await Array.fromAsync(store.list('')), [])
  await store.put('half', Buffer.from('whole'), addMilliseconds(clock.now(), 1_000))
  const reopened = await openDirectoryObjectStore({ directory, clock })
  assert.deepEqual(await reopened.get('half'), Buffer.from('whole'))
})

it('refuses keys that would leave its folder or cannot be file names', async () => {
  const store = await openDirectoryObjectStore({ directory: await makeFolder(), clock })
  for (const key of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/./b', 'a~', 'a\0b', 'a\\b', 'x'.repeat(600)])
    await assert.rejects(store.put(key, Buffer.from('x'), clock.now()), ObjectStoreError, JSON.stringify(key))
})

it('says that a lost directory can be retried', async () => {
  const directory = await makeFolder()
  const store = await openDirectoryObjectStore({ directory: join(directory, 'inner'), clock })
  await rm(join(directory, 'inner'), { recursive: true })
  await writeFile(join(directory, 'inner'), 'not a folder')
  const failure = (error: unknown) => error instanceof ObjectStoreError && error.retryable
  await assert.rejects(store.put('a', Buffer.from('x'), clock.now()), failure)
  await assert.rejects(store.check(), failure)
})

it('does not begin anew where its folder went away: nothing is stored or missing until the same one is back', async () => {
  const parent = await makeFolder()
  const [directory, away] = [join(parent, 'objects'), join(parent, 'away')]
  const store = await openDirectoryObjectStore({ directory, clock })
  const until = addMilliseconds(clock.now(), 60_000)
  await store.put('checkpoint/1', Buffer.from('one'), until)
  await rename(directory, away)
  const isAway = (error: unknown) => error instanceof ObjectStoreError && error.retryable
  for (const made of [false, true]) {
    if (made) await mkdir(directory)
    await assert.rejects(store.put('checkpoint/2', Buffer.from('two'), until), isAway)
    await assert.rejects(store.get('checkpoint/1'), isAway)
    await assert.rejects(store.head('checkpoint/1'), isAway)
    await assert.rejects(Array.fromAsync(store.list('')), isAway)
    await assert.rejects(store.check(), isAway)
  }
  assert.deepEqual(await readdir(directory), [])
  await rm(directory, { recursive: true })
  await rename(away, directory)
  await store.put('checkpoint/2', Buffer.from('two'), until)
  assert.deepEqual(
    (await Array.fromAsync(store.list(''))).map(({ key }) => key),
    ['checkpoint/1', 'checkpoint/2'],
  )
})
