import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import test from 'node:test'
import { appendRecord } from '#server/archive/append-record.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'

// A monitor written from c2sp.org/tlog-tiles, tlog-checkpoint, signed-note and RFC 6962 alone. It shares no code with the
// log: its own paths, its own tree, its own signature check.

type Fetch = (path: string) => Promise<Buffer>

const sha256 = (...parts: Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

function merkleTreeHash(hashes: Buffer[]): Buffer {
  if (hashes.length === 0) return sha256()
  if (hashes.length === 1) return hashes[0]!
  const k = 2 ** (31 - Math.clz32(hashes.length - 1))
  return sha256(Buffer.of(1), merkleTreeHash(hashes.slice(0, k)), merkleTreeHash(hashes.slice(k)))
}

function readSignedNote(note: string, verifierKey: string): string[] {
  const [text, signatures] = note.split('\n\n')
  const [name, id, key] = [
    verifierKey.split('+')[0]!,
    verifierKey.split('+')[1]!,
    verifierKey.split('+').slice(2).join('+'),
  ]
  const line = signatures!.split('\n').find((candidate) => candidate.startsWith(`\u2014 ${name} `))!
  const blob = Buffer.from(line.split(' ')[2]!, 'base64')
  assert.equal(blob.subarray(0, 4).toString('hex'), id)
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'base64').subarray(1)])
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  assert.ok(verify(null, Buffer.from(`${text}\n`), publicKey, blob.subarray(4)), 'the signature holds')
  return text!.split('\n')
}

function pathOf(level: string, n: number, width: number): string {
  let path = String(n % 1000).padStart(3, '0')
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`
  return `tile/${level}/${path}${width < 256 ? `.p/${width}` : ''}`
}

/** Fetches and checks the whole log; answers its entries. */
async function monitor(fetch: Fetch, verifierKey: string): Promise<string[]> {
  const [origin, size, root] = readSignedNote((await fetch('checkpoint')).toString('utf8'), verifierKey)
  assert.equal(origin, verifierKey.split('+')[0])
  const entries: string[] = []
  let level: Buffer[] = []
  for (let n = 0; n * 256 < Number(size); n++) {
    const width = Math.min(256, Number(size) - n * 256)
    const bundle = await fetch(pathOf('entries', n, width))
    const hashes: Buffer[] = []
    for (let at = 0; at < bundle.length;) {
      const end = at + 2 + bundle.readUInt16BE(at)
      entries.push(bundle.subarray(at + 2, end).toString('utf8'))
      hashes.push(sha256(Buffer.of(0), bundle.subarray(at + 2, end)))
      at = end
    }
    assert.deepEqual(await fetch(pathOf('0', n, width)), Buffer.concat(hashes), `tile 0/${n}`)
    level.push(...hashes)
  }
  assert.equal(merkleTreeHash(level).toString('base64'), root)
  for (let l = 1; level.length >= 256; l++) {
    const above: Buffer[] = []
    for (let n = 0; n + 256 <= level.length; n += 256) above.push(merkleTreeHash(level.slice(n, n + 256)))
    for (let n = 0; n * 256 < above.length; n++) {
      const part = above.slice(n * 256, n * 256 + 256)
      assert.deepEqual(await fetch(pathOf(String(l), n, part.length)), Buffer.concat(part), `tile ${l}/${n}`)
    }
    level = above
  }
  return entries
}

async function appendMany(gateway: TestGateway, count: number): Promise<void> {
  await inTransaction(gateway.db, async (tx) => {
    for (let at = 0; at < count; at++) {
      await appendRecord(tx, systemActor, {
        type: 'post.submitted',
        at: gateway.clock.now(),
        streams: { network: 'sandbox' },
        body: { at },
      })
    }
  })
}

test('A monitor that knows only the published formats walks the log and recomputes its root, at every stage of its growth', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const fetch: Fetch = async (path) => {
    const answer = await ruth.get(`/tlog/${path}`)
    assert.equal(answer.statusCode, 200, `${path}: ${answer.body}`)
    return answer.rawPayload
  }
  for (const count of [1, 254, 300]) {
    await appendMany(gateway, count)
    await sealOnce(gateway, { force: true })
    const entries = await monitor(fetch, gateway.checkpointSigner.verifierKey)
    entries.forEach((entry, at) => assert.equal((JSON.parse(entry) as { n: number }).n, at))
  }
  const checkpoint = await ruth.get('/tlog/checkpoint')
  assert.equal(checkpoint.headers['content-type'], 'text/plain; charset=utf-8')
  const tile = await ruth.get('/tlog/tile/0/000')
  assert.equal(tile.headers['content-type'], 'application/octet-stream')
  assert.match(String(tile.headers['cache-control']), /immutable/)
  for (const path of [
    'tile/0/009',
    'tile/0/002.p/255',
    'tile/3/000.p/1',
    'tile/0/00',
    'tile/entries/999',
    'tile/x/000',
    'tile/0/000.p/300',
  ]) {
    assert.equal((await ruth.get(`/tlog/${path}`)).statusCode, 404, path)
  }
})

test('The log is for those who may read it; a public log is for everybody', async (t) => {
  const gateway = await startGateway(t)
  await appendMany(gateway, 1)
  await sealOnce(gateway, { force: true })
  assert.equal((await gateway.app.inject('/tlog/checkpoint')).statusCode, 401)
  const camille = await gateway.signIn('camille')
  assert.equal((await camille.get('/tlog/checkpoint')).statusCode, 403)
  const open = await startGateway(t, { config: { tlogPublic: true } })
  await appendMany(open, 3)
  await sealOnce(open, { force: true })
  const fetch: Fetch = async (path) => (await open.app.inject(`/tlog/${path}`)).rawPayload
  assert.ok((await monitor(fetch, open.checkpointSigner.verifierKey)).length >= 3)
})

test('A proof that the API answers holds for a reader who knows RFC 6962 and the key', async (t) => {
  const gateway = await startGateway(t)
  await appendMany(gateway, 300)
  await sealOnce(gateway, { force: true })
  const ruth = await gateway.signIn('ruth')
  const found = await ruth.get('/api/archive/records?type=post.submitted&limit=1')
  const [item] = found.json<{ items: { recordId: string }[] }>().items
  const answer = await ruth.get(`/api/archive/records/${item!.recordId}/proof`)
  assert.equal(answer.statusCode, 200, answer.body)
  const proof = answer.json<{
    entry: string
    logIndex: number
    treeSize: number
    inclusionProof: string[]
    checkpoint: string
    verifierKey: string
  }>()
  const [, size, root] = readSignedNote(proof.checkpoint, gateway.checkpointSigner.verifierKey)
  assert.equal(Number(size), proof.treeSize)
  let hash = sha256(Buffer.of(0), Buffer.from(proof.entry))
  let [index, last] = [proof.logIndex, proof.treeSize - 1]
  for (const sibling of proof.inclusionProof.map((hex) => Buffer.from(hex, 'hex'))) {
    while (index === last && index % 2 === 0) [index, last] = [index / 2, last / 2]
    hash = index % 2 === 1 ? sha256(Buffer.of(1), sibling, hash) : sha256(Buffer.of(1), hash, sibling)
    ;[index, last] = [Math.floor(index / 2), Math.floor(last / 2)]
  }
  assert.equal(hash.toString('base64'), root)
  const status = (await ruth.get('/api/archive/status')).json<{
    sealedSize: number
    lagSeconds: number
    objectStore: string
  }>()
  assert.equal(status.objectStore, 'ok')
  assert.ok(status.sealedSize >= 300)
  const verification = await ruth.post('/api/archive/verifications')
  assert.equal(verification.statusCode, 201, verification.body)
  assert.equal(verification.json<{ ok: boolean }>().ok, true)
})
