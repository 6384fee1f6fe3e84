import type { Witness } from '#server/platform/anchors.ts'
import { inTransaction, type Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { createHttpClient, type HttpAnswer } from '#server/platform/http.ts'
import { fromUtf8, toBase64, toHex, utf8 } from '#shared/tlog/bytes.ts'
import { openCosignature, parseWitnessKey, type Cosignature } from '#shared/tlog/cosignature.ts'
import { proveConsistency } from '#shared/tlog/prove.ts'
import { nodesFromTiles } from '#shared/tlog/tiles.ts'
import { AnchorError } from './anchor-error.ts'
import { insertAnchor, insertAnchorObject, readAnchor, readRetainUntil } from './anchor-queries.ts'
import { cosignatureKey } from './object-keys.ts'
import { readTile } from './read-tile.ts'

interface Sealed {
  readonly treeSize: number
  readonly note: string
}

// The operator names the witness, which may well stand in the firm's own network.
const send = createHttpClient({ allowPrivateAddresses: true })

/**
 * Has a witness sign the newest checkpoint (C2SP tlog-witness `add-checkpoint`): it is shown the proof that the log only
 * grew since what it signed last. A witness that knows another size than we do says which one, and is asked again from there;
 * one that knows a larger log, or another one, contradicts us. The signature is kept in the bucket under a lock first, and
 * in the database after it.
 */
export async function cosignCheckpoint(
  deps: Pick<Deps, 'db' | 'clock' | 'objectStore'>,
  witness: Witness,
  sealed: Sealed,
): Promise<void> {
  const { name, keyId } = parseWitnessKey(witness.verifierKey)
  const known = (await readAnchor(deps.db, name))?.treeSize ?? 0
  if (known >= sealed.treeSize) return
  const key = cosignatureKey(sealed.treeSize, toHex(keyId))
  // There already: a run before this one died between the bucket and the database. A second answer has another time.
  const kept = await deps.objectStore.get(key)
  const { line } =
    kept === undefined ? await askFrom(deps.db, witness, sealed, known) : await openAnswer(witness, sealed, kept)
  const stored = await deps.objectStore.put(key, utf8(line), await readRetainUntil(deps.db, sealed.treeSize))
  const at = deps.clock.now()
  await inTransaction(deps.db, async (tx) => {
    const row = { treeSize: sealed.treeSize, anchoredAt: at, evidence: Buffer.from(line) }
    await insertAnchor(tx, { kind: 'witness', name, ...row })
    await insertAnchorObject(tx, stored, 'cosignature', sealed.treeSize, at)
  })
}

async function askFrom(db: Db, witness: Witness, sealed: Sealed, oldSize: number): Promise<Cosignature> {
  const answer = await addCheckpoint(db, witness, sealed, oldSize)
  if (answer.status !== 409) return readAnswer(witness, sealed, answer)
  const size = readSize(answer)
  if (size > sealed.treeSize) {
    throw new AnchorError(
      `It signed a checkpoint of ${size} entries, and this log has only ${sealed.treeSize}: the log was rolled back.`,
      { isContradiction: true },
    )
  }
  if (size === oldSize)
    throw new AnchorError(`It signed another checkpoint of ${size} entries: the log was forked.`, {
      isContradiction: true,
    })
  return readAnswer(witness, sealed, await addCheckpoint(db, witness, sealed, size))
}

async function addCheckpoint(db: Db, witness: Witness, sealed: Sealed, oldSize: number): Promise<HttpAnswer> {
  const readNode = nodesFromTiles((tile) => readTile(db, tile), sealed.treeSize)
  const proof = await proveConsistency(readNode, oldSize, sealed.treeSize)
  const lines = [`old ${oldSize}`, ...proof.map(toBase64), '']
  return send({
    method: 'POST',
    url: `${witness.url.replace(/\/+$/, '')}/add-checkpoint`,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: `${lines.join('\n')}\n${sealed.note}`,
    maxBytes: 100_000,
  })
}

/** The body of a conflict: the size of the newest checkpoint that the witness signed. */
function readSize(answer: HttpAnswer): number {
  const text = Buffer.from(answer.bytes).toString('latin1')
  if (answer.headers['content-type'] !== 'text/x.tlog.size' || !/^(?:0|[1-9]\d{0,14})\n$/.test(text))
    throw new AnchorError('It answered 409 without saying which size it knows.')
  return Number(text)
}

const refusals: Readonly<Record<number, string>> = {
  403: 'It does not trust the key of this log.',
  404: 'It does not know this log; its operator must enter the origin and the verifier key.',
  422: 'The log does not continue the checkpoint that it signed: the log was forked.',
}

async function readAnswer(witness: Witness, sealed: Sealed, answer: HttpAnswer): Promise<Cosignature> {
  if (answer.status !== 200) {
    const isContradiction = answer.status === 422 || answer.status === 409
    throw new AnchorError(refusals[answer.status] ?? `It answered ${answer.status}.`, { isContradiction })
  }
  return openAnswer(witness, sealed, answer.bytes)
}

async function openAnswer(witness: Witness, sealed: Sealed, bytes: Uint8Array): Promise<Cosignature> {
  try {
    const note = `${sealed.note}${fromUtf8(bytes)}`
    const cosignature = await openCosignature(note, parseWitnessKey(witness.verifierKey))
    if (cosignature !== undefined) return cosignature
  } catch (error) {
    throw new AnchorError('Its answer is no cosignature.', { cause: error })
  }
  throw new AnchorError('Its answer carries no cosignature of the configured key that holds.')
}
