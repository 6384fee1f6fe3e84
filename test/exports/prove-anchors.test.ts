import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { anchorCheckpoints } from '#server/archive/anchor-checkpoint.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { exportFromBucket } from '#server/exports/make-bucket-package.ts'
import { makePackage, type PackageRequest } from '#server/exports/make-package.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { openArchive } from '#test/support/open-archive.ts'
import { programWords } from '#test/support/program-words.ts'
import { noAuthority, startTimestampAuthority } from '#test/support/start-timestamp-authority.ts'
import { startWitness } from '#test/support/start-witness.ts'
import { repack } from './forge-package.ts'
import { everything } from './made-log.ts'

const request: PackageRequest = {
  exportId: '0190163d-8694-739b-aea5-966c26f8ad91',
  requestedBy: '019a0000-0000-7000-8000-0000000000a8',
  requestedByName: 'Ruth',
  requestedAt: '2026-11-21T10:00:00.000Z',
  startedAt: '2026-11-21T10:00:05.000Z',
  query: {},
  units: null,
  wholeLog: true,
  formats: ['jsonl'],
  reason: 'Examination',
  recipient: null,
  timeZone: 'UTC',
  language: 'en',
}

test(
  'A package carries what a witness and an authority said, made from the bucket alone too, and proves offline that its log continues that',
  { skip: noAuthority },
  async (t) => {
    const archive = await openArchive(t)
    const key = archive.checkpointSigner.verifierKey
    const [authority, other] = await Promise.all([startTimestampAuthority(t), startTimestampAuthority(t)])
    const [witness, stranger] = await Promise.all([
      startWitness(t, 'witness.test/w1', [key]),
      startWitness(t, 'w2', [key]),
    ])
    const timestamp = { url: authority.url, certificates: authority.certificates, everyMinutes: 60 }
    const log = pino({ level: 'silent' })
    const append = async (count: number) => {
      for (let at = 0; at < count; at += 1) await archive.append()
      await sealOnce(archive, { force: true })
    }
    await append(7)
    await anchorCheckpoints({ ...archive, log, anchors: { timestamp, witnesses: [] } })
    await append(300)
    await anchorCheckpoints({ ...archive, log, anchors: { witnesses: [witness] } })
    await append(20)

    const folder = await mkdtemp(join(tmpdir(), 'anchored-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const path = join(folder, 'export.zip')
    const file = await open(path, 'w')
    await makePackage({ ...archive, config: { dataDirectory: folder } }, request, file, async () => undefined)
    await file.close()

    const trust = { witnesses: [witness.verifierKey], certificates: authority.certificates }
    const report = await verifyPackage(path, key, trust)
    assert.deepEqual(report.problems, [])
    const [stamped, cosigned] = report.anchors.toSorted((one, next) => one.treeSize - next.treeSize)
    assert.equal(stamped?.treeSize, 7)
    assert.equal(stamped.timestamp?.trusted, true)
    assert.deepEqual(cosigned?.witnesses, [{ name: 'witness.test/w1', at: '2026-03-02T09:00:00.000Z' }])

    // From the bucket alone come the same words of the same parties.
    const alone = join(folder, 'alone.zip')
    const about = { requestedBy: 'Ruth', reason: 'x', recipient: null, timeZone: 'UTC', language: 'en' as const }
    const wish = { ...about, formats: ['jsonl'], query: {}, filter: everything, despiteDamage: false }
    await exportFromBucket(archive, wish, alone, `${alone}.partial`)
    const fromBucket = await verifyPackage(alone, key, trust)
    assert.deepEqual([fromBucket.problems, fromBucket.anchors], [[], report.anchors])

    // Whoever the reader does not name is told and not believed; whoever is named must have signed.
    const untrusting = await verifyPackage(path, key)
    assert.deepEqual(untrusting.problems, [])
    assert.ok(untrusting.anchors.every((anchor) => anchor.timestamp?.trusted !== true))
    assert.ok(untrusting.anchors.every((anchor) => anchor.witnesses.every((one) => one.at === null)))
    for (const [wrong, sentence] of [
      [{ witnesses: [stranger.verifierKey] }, /The witness w2, whose key you gave, has not signed/],
      [{ certificates: other.certificates }, /No timestamp of this log leads to the certificates/],
    ] as const) {
      const refused = await verifyPackage(path, key, wrong)
      assert.ok(
        refused.problems.some((problem) => sentence.test(problem.sentence)),
        String(sentence),
      )
    }

    // Offline, by the command, in a folder with the package, the keys and nothing else; and by openssl itself.
    await writeFile(join(folder, 'tsa.pem'), authority.certificates)
    const [node, ...words] = programWords('cli.ts')
    const args = [...words, 'verify', 'export.zip', '--key', key, '--witness', witness.verifierKey, '--tsa', 'tsa.pem']
    const { status, stdout } = spawnSync(node, args, { cwd: folder, env: {}, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    assert.match(stdout, /Timestamp: CN=Timestamps saw the first 7 entries at .* \(by the certificates that you gave\)/)
    assert.match(stdout, /Witness: witness.test\/w1 signed the first 3\d\d entries at 2026-03-02/)

    // A forger without keys: each file of an anchor that is altered or exchanged is named.
    for (const [name, change, sentence] of [
      [
        'log/anchors/7/consistency.json',
        (text: string) => text.replace(/"[0-9a-f]{2}/, '"00'),
        /does not continue the checkpoint of 7/,
      ],
      ['log/anchors/7/consistency.json', () => '{', /cannot be believed/],
      ['log/anchors/7/checkpoint', (text: string) => text.replace('\n7\n', '\n8\n'), /cannot be believed/],
    ] as const) {
      const forged = await repack(path, (contents) => {
        contents.set(name, Buffer.from(change(contents.get(name)!.toString('utf8'))))
      })
      const { problems } = await verifyPackage(forged, key, trust)
      assert.ok(
        problems.some((problem) => sentence.test(problem.sentence)),
        JSON.stringify(problems),
      )
    }
    const files = new Map<string, Buffer>()
    await repack(path, (contents) => contents.forEach((bytes, name) => files.set(name, bytes)))
    await writeFile(join(authority.folder, 'note'), files.get('log/anchors/7/checkpoint')!)
    await writeFile(join(authority.folder, 'stamp'), files.get('log/anchors/7/timestamp.tsr')!)
    await authority.openssl('ts -verify -data note -in stamp -CAfile root.pem')
  },
)
