import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { readStatus } from '#server/archive/read-status.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyOnSchedule } from '#server/archive/verify-on-schedule.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { alteredStore } from '#test/support/altered-store.ts'
import { waveringStore } from '#test/support/faulty-store.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

const hour = 3_600_000

function watch(archive: TestArchive) {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const done = async () =>
    (await archive.db.selectFrom('archive.verification').select('scope').orderBy('started_at').execute()).map(
      ({ scope }) => scope,
    )
  return {
    lines,
    done,
    run: (store: ObjectStore = archive.objectStore) => verifyOnSchedule({ ...archive, objectStore: store, log }),
  }
}

test('What was sealed since the last verification is verified, everything once a day, and nothing for its own records (SEC-3)', async (t) => {
  const archive = await openArchive(t)
  const { run, done, lines } = watch(archive)
  await run()
  assert.deepEqual(await done(), [], 'nothing is sealed yet')
  await archive.append({ type: 'post.submitted' })
  await run()
  assert.deepEqual(await done(), [])
  await sealOnce(archive, { force: true })
  archive.clock.advance(1_000)
  await run()
  assert.deepEqual(await done(), ['full'])
  await sealOnce(archive, { force: true })
  archive.clock.advance(1_000)
  await run()
  assert.deepEqual(await done(), ['full'], 'the log grew by the record of the verification alone')
  await archive.append({ type: 'post.submitted' })
  await sealOnce(archive, { force: true })
  archive.clock.advance(12 * hour)
  await run()
  assert.deepEqual(await done(), ['full', 'recent'])
  archive.clock.advance(12 * hour - 5_000)
  await run()
  assert.deepEqual(await done(), ['full', 'recent'])
  archive.clock.advance(5_000)
  await run()
  assert.deepEqual(await done(), ['full', 'recent', 'full'])
  // The clock was a year ahead: what was verified then puts off nothing, and speaks for nothing that is found now.
  const { lastVerifiedAt } = await readStatus(archive)
  archive.clock.advance(365 * 24 * hour)
  await run()
  archive.clock.advance(-364 * 24 * hour)
  assert.equal((await readStatus(archive)).lastVerifiedAt, lastVerifiedAt)
  await run()
  assert.deepEqual(await done(), ['full', 'recent', 'full', 'full', 'full'])
  assert.deepEqual(lines, [])
})

test('What does not verify is told to the operator; a bucket that is away is waited for', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  const { run, done, lines } = watch(archive)
  await archive.append({ type: 'post.submitted', body: { text: 'as it was' } })
  await sealOnce(archive, { force: true })
  await run(waveringStore(archive.objectStore, () => true))
  assert.deepEqual(await done(), [])
  assert.match(lines.join(''), /"level":40.*verification waits for the object store/)
  const bug = alteredStore(archive.objectStore, () => {
    throw new Error('a bug')
  })
  await assert.rejects(run(bug), /a bug/)
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'")
  const { rows } = await owner.query<{ name: string }>(
    'select tableoid::regclass::text as name from archive.archive_body',
  )
  await owner.query(`alter table ${rows[0]!.name} disable trigger user`)
  await owner.query("update archive.archive_body set body = '\\x7b7d'")
  await run()
  assert.deepEqual(await done(), ['full'])
  archive.clock.advance(1_000)
  await run()
  assert.deepEqual(await done(), ['full', 'recent'], 'what did not verify is looked at again')
  assert.match(lines.at(-1)!, /"level":50.*the archive did not verify: an incident is recorded/)
})
