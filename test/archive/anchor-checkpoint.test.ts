import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { pino } from 'pino'
import { anchorCheckpoints, type AnchorDeps } from '#server/archive/anchor-checkpoint.ts'
import { readAnchorStatus, readCosignatures } from '#server/archive/anchor-queries.ts'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { checkpointKey, cosignatureFolder, entriesKey, timestampKey } from '#server/archive/object-keys.ts'
import { readIncidents } from '#server/archive/read-status.ts'
import { readSealed } from '#server/archive/seal-queries.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { openTimestamp } from '#server/archive/timestamp-token.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { anchorNames, type Anchors, type Witness } from '#server/platform/anchors.ts'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'
import { openCosignature, parseWitnessKey } from '#shared/tlog/cosignature.ts'
import { alteredStore, flipped } from '#test/support/altered-store.ts'
import { waveringStore } from '#test/support/faulty-store.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { noAuthority, startTimestampAuthority, type TestAuthority } from '#test/support/start-timestamp-authority.ts'
import { startWitness } from '#test/support/start-witness.ts'
import { rebuildElsewhere } from '#test/support/rebuild-elsewhere.ts'

const log = pino({ level: 'silent' })
const minute = 60_000

async function openSecondBucket(t: TestContext, archive: TestArchive): Promise<ObjectStore> {
  const directory = await mkdtemp(join(tmpdir(), 'second-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return openDirectoryObjectStore({ directory, clock: archive.clock })
}

function withAnchors(archive: TestArchive, anchors: Partial<Anchors>): AnchorDeps & TestArchive {
  return { ...archive, log, anchors: { witnesses: [], ...anchors } }
}

async function seal(archive: TestArchive, count: number): Promise<number> {
  for (let at = 0; at < count; at += 1) await archive.append()
  const { state, sealedSize } = await sealOnce(archive, { force: true })
  assert.equal(state, 'sealed')
  return sealedSize
}

const statusOf = (deps: AnchorDeps) => readAnchorStatus(deps.db, anchorNames(deps.anchors!))
const kindsOf = async (deps: AnchorDeps) =>
  (await verifyArchive(deps, { scope: 'full' })).problems.map((found) => found.kind)

test('A second bucket receives checkpoints, entries and tiles after each seal, no content, and agrees with the first', async (t) => {
  const archive = await openArchive(t)
  const store = await openSecondBucket(t, archive)
  const deps = withAnchors(archive, { store })
  await seal(archive, 300)
  await anchorCheckpoints(deps)
  const size = await seal(archive, 2)
  await anchorCheckpoints(deps)
  const keys = await Array.fromAsync(store.list(''), (version) => version.key)
  const ours = await Array.fromAsync(archive.objectStore.list(''), (version) => version.key)
  assert.deepEqual(
    keys,
    ours.filter((key) => !key.startsWith('bodies/')),
  )
  assert.ok(keys.includes('tile/0/000'))
  const [status] = await statusOf(deps)
  assert.deepEqual([status?.kind, status?.treeSize, status?.failure], ['bucket', size, null])
  assert.deepEqual(await kindsOf(deps), [])
})

test('A log that was rebuilt with its own key, database and first bucket is found against the second bucket', async (t) => {
  const archive = await openArchive(t)
  const store = await openSecondBucket(t, archive)
  await seal(archive, 3)
  await anchorCheckpoints(withAnchors(archive, { store }))
  // Another database and another first bucket, with the same key: everything in it agrees with itself.
  const forged = await openArchive(t, { tampers: true })
  await forged.append({ body: { note: 'as somebody would rather have it' } })
  await seal(forged, 2)
  const deps = withAnchors(forged, { store })
  assert.deepEqual(await kindsOf(withAnchors(forged, {})), [])
  assert.ok((await kindsOf(deps)).includes('forked'))
  // The sealer of the forged log tells on itself as well: its copy is refused.
  await seal(forged, 0).catch(() => undefined)
  await anchorCheckpoints(deps)
  const incident = (await readIncidents(forged.db)).find(({ kind }) => kind === 'anchor_contradicts')
  assert.match(incident?.sentence ?? '', /contradicts the log.*already holds other bytes/)
})

test('A first bucket that was rolled back, or a second one that lost objects, is named', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  const store = await openSecondBucket(t, archive)
  const deps = withAnchors(archive, { store })
  await seal(archive, 2)
  const size = await seal(archive, 2)
  await anchorCheckpoints(deps)
  const exchanged = await openSecondBucket(t, archive)
  for await (const { key } of store.list('checkpoint/'))
    await exchanged.put(key, (await store.get(key))!, '2040-01-01T00:00:00.000Z')
  await exchanged.put(entriesKey(0, 2), Buffer.from('other entries'), '2040-01-01T00:00:00.000Z')
  assert.deepEqual(await kindsOf(withAnchors(archive, { store: exchanged })), ['copy_differs', 'copy_lost'])
  const { problems } = await verifyArchive(withAnchors(archive, { store: exchanged }), { scope: 'full' })
  assert.match(problems[1]!.sentence, new RegExp(`^"${entriesKey(2, size)}" is missing from the second bucket`))
  await rm(join(archive.objectDirectory, `${checkpointKey(size)}~`), { recursive: true })
  assert.ok((await kindsOf(deps)).includes('copy_ahead'))
  const empty = await openSecondBucket(t, archive)
  assert.ok((await kindsOf(withAnchors(archive, { store: empty }))).includes('copy_lost'))
})

test('What was altered in the first bucket before it was copied is not locked in the second, and is an incident at once', async (t) => {
  const archive = await openArchive(t)
  const store = await openSecondBucket(t, archive)
  const deps = withAnchors(archive, { store })
  const size = await seal(archive, 2)
  // A second bucket that cannot be used contradicts nothing.
  const refuse = () => Promise.reject(new ObjectStoreError('It locks nothing.', { retryable: false }))
  const useless = new Proxy(store, { get: (_store, name) => (name === 'check' ? refuse : Reflect.get(store, name)) })
  await anchorCheckpoints(withAnchors(archive, { store: useless }))
  assert.deepEqual([await readIncidents(archive.db), (await statusOf(deps))[0]?.failure], [[], 'It locks nothing.'])
  const key = entriesKey(0, size)
  for (const [alter, failure] of [
    [flipped, `"${key}" is not what was sealed.`],
    [() => undefined, `"${key}" is missing from the first bucket.`],
  ] as const) {
    const objectStore = alteredStore(archive.objectStore, (name, bytes) => (name === key ? alter(bytes) : bytes))
    await anchorCheckpoints({ ...deps, objectStore })
    assert.equal((await statusOf(deps))[0]?.failure, failure)
  }
  const [incident, ...more] = await readIncidents(archive.db)
  assert.deepEqual([incident?.kind, more], ['anchor_contradicts', []])
  assert.match(incident!.sentence, /is not what was sealed/)
  assert.deepEqual(await Array.fromAsync(store.list('')), [])
  await anchorCheckpoints(deps)
})

test(
  'An authority stamps checkpoints: the answer is verified, kept under a lock, a record, and holds for openssl too',
  { skip: noAuthority },
  async (t) => {
    const archive = await openArchive(t)
    const authority = await startTimestampAuthority(t)
    const timestamp = { url: authority.url, certificates: authority.certificates, everyMinutes: 60 }
    const deps = withAnchors(archive, { timestamp })
    const size = await seal(archive, 3)
    await anchorCheckpoints(deps)
    const answer = await archive.objectStore.get(timestampKey(size))
    const note = await archive.objectStore.get(checkpointKey(size))
    assert.ok(answer !== undefined && note !== undefined)
    const found = await openTimestamp(answer, note, { certificates: authority.certificates })
    assert.match(found.authority, /CN=Timestamps/)
    assert.ok(Math.abs(Date.parse(found.at) - new Date().getTime()) < 60_000)
    await writeFile(join(authority.folder, 'checkpoint'), note)
    await writeFile(join(authority.folder, 'answer.tsr'), answer)
    await authority.openssl('ts -verify -data checkpoint -in answer.tsr -CAfile root.pem')
    assert.deepEqual(await kindsOf(deps), [])

    // Within the hour, and for nothing but its own record, no second stamp is bought.
    await sealOnce(archive, { force: true })
    await anchorCheckpoints(deps)
    archive.clock.advance(61 * minute)
    await sealOnce(archive, { force: true })
    await anchorCheckpoints(deps)
    assert.equal(authority.asked(), 1)
    await seal(archive, 1)
    await anchorCheckpoints(deps)
    assert.equal(authority.asked(), 2)
    // A stamp from before the clock was set back puts off none.
    archive.clock.advance(-24 * 60 * minute)
    await seal(archive, 1)
    await anchorCheckpoints(deps)
    assert.equal(authority.asked(), 3)
  },
)

async function stampOnce(authority: TestAuthority, name: string): Promise<Buffer> {
  await writeFile(join(authority.folder, name), 'stamped\n')
  await authority.openssl(`ts -query -data ${name} -sha256 -cert -out ${name}.tsq`)
  await authority.openssl(`ts -reply -config tsa.cnf -queryfile ${name}.tsq -out ${name}.tsr`)
  return readFile(join(authority.folder, `${name}.tsr`))
}

test(
  'A timestamp of other bytes, of another root, altered, refused or signed by a certificate for something else is refused',
  { skip: noAuthority },
  async (t) => {
    const [authority, stranger] = await Promise.all([startTimestampAuthority(t), startTimestampAuthority(t)])
    const { certificates } = authority
    const answer = await stampOnce(authority, 'good')
    const bytes = Buffer.from('stamped\n')
    const good = await openTimestamp(answer, bytes, { certificates })
    await assert.rejects(openTimestamp(answer, Buffer.from('other\n'), { certificates }), /of other bytes/)
    await assert.rejects(openTimestamp(answer, bytes, { certificates: stranger.certificates }), /does not hold/)
    await assert.rejects(openTimestamp(answer, bytes, { certificates, nonce: Buffer.alloc(8) }), /another request/)
    await assert.rejects(openTimestamp(Buffer.from('nonsense'), bytes, { certificates }), /is not a timestamp/)
    // Any byte of the answer: either it is refused, or it is one of those that nothing is read from (the enclosed root, which is
    // never trusted for being enclosed).
    let held = 0
    for (let at = 0; at < answer.length; at += 7) {
      const altered = Buffer.from(answer)
      altered[at]! ^= 0x01
      await openTimestamp(altered, bytes, { certificates }).then(
        (found) => {
          held += 1
          assert.deepEqual(found, good, `byte ${at}`)
        },
        (error: unknown) => assert.ok(error instanceof RangeError, `byte ${at}: ${String(error)}`),
      )
    }
    assert.ok(held < answer.length / 7 / 2, `${held} alterations did not matter`)
    const issue = 'x509 -req -in signer.csr -CA root.pem -CAkey root.key -set_serial 8 -out signer.pem -days 3650'
    await authority.openssl(`${issue} -extfile tsa.cnf -extensions server`)
    const wrong = await stampOnce(authority, 'server').catch(() => undefined)
    // openssl itself refuses to sign with such a certificate; where it does not, we do.
    if (wrong !== undefined)
      await assert.rejects(openTimestamp(wrong, bytes, { certificates }), /not one of a timestamping/)
  },
)

test('A timestamp that is lost from the bucket or replaced by another is named', { skip: noAuthority }, async (t) => {
  const archive = await openArchive(t, { tampers: true })
  const authority = await startTimestampAuthority(t)
  const deps = withAnchors(archive, {
    timestamp: { url: authority.url, certificates: authority.certificates, everyMinutes: 1 },
  })
  const size = await seal(archive, 3)
  await anchorCheckpoints(deps)
  const folder = join(archive.objectDirectory, `${timestampKey(size)}~`)
  const { versionId } = (await archive.objectStore.head(timestampKey(size)))!
  await rm(join(folder, versionId))
  await writeFile(join(folder, versionId), await stampOnce(authority, 'other'))
  assert.deepEqual(await kindsOf(deps), ['bad_timestamp'])
  await rm(folder, { recursive: true })
  assert.deepEqual(await kindsOf(deps), ['timestamp_lost'])
})

test('A witness signs each checkpoint after the proof that the log only grew; its signature is kept, verified and served', async (t) => {
  const archive = await openArchive(t)
  const witness = await startWitness(t, 'witness.test/w1', [archive.checkpointSigner.verifierKey])
  const deps = withAnchors(archive, { witnesses: [witness] })
  const sizes = [await seal(archive, 1)]
  await anchorCheckpoints(deps)
  for (const count of [2, 4, 250, 300]) {
    sizes.push(await seal(archive, count))
    await anchorCheckpoints(deps)
    assert.equal(witness.known.get(archive.checkpointSigner.name)?.size, sizes.at(-1))
  }
  const { note } = await readSealed(archive.db)
  const cosigned = `${note}${await readCosignatures(archive.db, sizes.at(-1)!)}`
  assert.ok(await openCosignature(cosigned, parseWitnessKey(witness.verifierKey)))
  assert.equal(witness.requests.length, 5)
  await anchorCheckpoints(deps)
  assert.equal(witness.requests.length, 5, 'nothing new is not shown again')
  assert.deepEqual(await kindsOf(deps), [])
})

test('A witness that knows another size says which (409), and is asked again from there', async (t) => {
  const archive = await openArchive(t)
  const witness = await startWitness(t, 'witness.test/w1', [archive.checkpointSigner.verifierKey])
  const deps = withAnchors(archive, { witnesses: [witness] })
  await seal(archive, 3)
  await anchorCheckpoints(deps)
  const size = await seal(archive, 4)
  // Another process of ours has shown it already and died before it could note that.
  const restarted = archive.restart()
  await anchorCheckpoints(withAnchors(restarted, { witnesses: [witness] }))
  const owner = await archive.openOwner()
  await owner.query(`begin; select set_config('gateway.migration', 'on', true);
    alter table archive.anchor disable trigger refuse_change; delete from archive.anchor;
    alter table archive.anchor enable always trigger refuse_change; commit`)
  const keys = await Array.fromAsync(archive.objectStore.list(cosignatureFolder), ({ key }) => key)
  await rm(join(archive.objectDirectory, `${keys.at(-1)!}~`), { recursive: true })
  await anchorCheckpoints(deps)
  assert.deepEqual(
    (await statusOf(deps)).map(({ treeSize, failure }) => [treeSize, failure]),
    [[size, null]],
  )
  assert.match(witness.requests.at(-2)!, /^old 0\n/)
  assert.match(witness.requests.at(-1)!, new RegExp(`^old ${size}\n\n`))
})

test('A log that was rolled back or forked with its own key is refused by the witness, and that is an incident at once', async (t) => {
  const archive = await openArchive(t)
  const witness = await startWitness(t, 'witness.test/w1', [archive.checkpointSigner.verifierKey])
  await seal(archive, 5)
  await anchorCheckpoints(withAnchors(archive, { witnesses: [witness] }))
  for (const [count, sentence] of [
    [3, /signed a checkpoint of 5 entries, and this log has only 3: the log was rolled back/],
    [5, /contradicts the log/],
    [9, /does not continue the checkpoint that it signed: the log was forked/],
  ] as const) {
    const forged = await openArchive(t)
    await seal(forged, count)
    await anchorCheckpoints(withAnchors(forged, { witnesses: [witness] }))
    const [incident] = await readIncidents(forged.db)
    assert.equal(incident?.kind, 'anchor_contradicts')
    assert.match(incident.sentence, sentence)
  }
})

test('A cosignature that does not hold is not kept, and one that was exchanged later is named', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  const key = archive.checkpointSigner.verifierKey
  const [witness, other] = await Promise.all([
    startWitness(t, 'witness.test/w1', [key]),
    startWitness(t, 'witness.test/w1', [key]),
  ])
  await seal(archive, 2)
  // The address of one witness and the key of another.
  const crossed = withAnchors(archive, { witnesses: [{ ...witness, url: other.url }] })
  await anchorCheckpoints(crossed)
  assert.match((await statusOf(crossed))[0]?.failure ?? '', /no cosignature of the configured key/)
  const deps = withAnchors(archive, { witnesses: [witness] })
  await anchorCheckpoints(deps)
  assert.deepEqual(await kindsOf(deps), [])
  const owner = await archive.openOwner()
  await owner.query(`begin; select set_config('gateway.migration', 'on', true);
    alter table archive.anchor disable trigger refuse_change;
    update archive.anchor set evidence = convert_to(replace(convert_from(evidence, 'UTF8'), 'AAAA', 'AAAB'), 'UTF8');
    alter table archive.anchor enable always trigger refuse_change; commit`)
  assert.deepEqual(await kindsOf(deps), ['bad_cosignature'])
})

test(
  'Anchors that are away stop nothing: sealing goes on, an incident follows after ten minutes, and all catch up',
  { skip: noAuthority },
  async (t) => {
    const archive = await openArchive(t)
    const [authority, witness] = await Promise.all([
      startTimestampAuthority(t),
      startWitness(t, 'witness.test/w1', [archive.checkpointSigner.verifierKey]),
    ])
    let isAway = true
    const store = waveringStore(await openSecondBucket(t, archive), () => isAway)
    authority.setAway(true)
    witness.setAway(true)
    const timestamp = { url: authority.url, certificates: authority.certificates, everyMinutes: 1 }
    const deps = withAnchors(archive, { store, timestamp, witnesses: [witness] })
    await seal(archive, 2)
    await anchorCheckpoints(deps)
    assert.equal((await readIncidents(archive.db)).length, 0, 'a short outage is no incident')
    archive.clock.advance(11 * minute)
    await anchorCheckpoints(deps)
    await anchorCheckpoints(deps)
    const incidents = await readIncidents(archive.db)
    assert.deepEqual(
      incidents.map((incident) => incident.kind),
      ['anchor_failing', 'anchor_failing', 'anchor_failing'],
    )
    assert.ok((await statusOf(deps)).every((anchor) => anchor.failingSince !== null))
    const size = await seal(archive, 2)
    isAway = false
    authority.setAway(false)
    witness.setAway(false)
    await anchorCheckpoints(deps)
    const status = await statusOf(deps)
    assert.deepEqual(
      status.map(({ kind, treeSize, failingSince }) => [kind, treeSize, failingSince]),
      [
        ['bucket', size, null],
        ['timestamp', size, null],
        ['witness', size, null],
      ],
    )
    await sealOnce(archive, { force: true })
  },
)

test('A database that is rebuilt from the first bucket is copied again, tiles included', async (t) => {
  const archive = await openArchive(t)
  const store = await openSecondBucket(t, archive)
  const size = await seal(archive, 300)
  const { db } = await rebuildElsewhere(t, archive)
  await anchorCheckpoints(withAnchors({ ...archive, db }, { store }))
  const keys = await Array.fromAsync(store.list(''), (version) => version.key)
  assert.ok(keys.includes('tile/0/000') && keys.includes(checkpointKey(size)))
})

test('The cosigned checkpoint is served to monitors, and status and metrics tell how far each anchor is', async (t) => {
  const witnesses: Witness[] = []
  const gateway = await startGateway(t, { config: { tlogPublic: true }, anchors: { witnesses } })
  const witness = await startWitness(t, 'witness.test/w1', [gateway.checkpointSigner.verifierKey])
  const ruth = await gateway.signIn('ruth')
  await sealOnce(gateway, { force: true })
  const before = await gateway.app.inject('/tlog/checkpoint')
  assert.equal(await openCosignature(before.body, parseWitnessKey(witness.verifierKey)), undefined)
  witnesses.push(witness)
  await anchorCheckpoints(gateway)
  const after = await gateway.app.inject('/tlog/checkpoint')
  assert.ok(after.body.startsWith(before.body))
  assert.ok(await openCosignature(after.body, parseWitnessKey(witness.verifierKey)))
  const status = (await ruth.get('/api/archive/status')).json<{ anchors: object[]; sealedSize: number }>()
  const { sealedSize } = status
  const at = gateway.clock.now()
  assert.deepEqual(status.anchors, [
    { name: 'witness.test/w1', kind: 'witness', treeSize: sealedSize, at, failingSince: null, failure: null },
  ])
  const metrics = (await gateway.app.inject('/metrics')).body
  assert.match(metrics, /gateway_anchor_behind\{anchor="witness.test\/w1"\} 0/)
  assert.match(metrics, /gateway_anchor_failing_seconds\{anchor="witness.test\/w1"\} 0/)
})
