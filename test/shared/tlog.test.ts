import assert from 'node:assert/strict'
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { sha256 as portableSha256 } from '@noble/hashes/sha2.js'
import { concatBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from '#shared/tlog/bytes.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from '#shared/tlog/checkpoint.ts'
import { appendLeaf, copyFrontier, emptyFrontier, frontierRoot } from '#shared/tlog/frontier.ts'
import {
  emptyRoot,
  hashLeaf,
  hashNode,
  splitPoint,
  verifyConsistency,
  verifyInclusion,
  type Hash,
} from '#shared/tlog/merkle.ts'
import { formatSignature, formatVerifierKey, openNote, parseNote, parseVerifierKey } from '#shared/tlog/note.ts'
import { proveConsistency, proveInclusion, readRoot } from '#shared/tlog/prove.ts'
import { sha256 } from '#shared/tlog/sha256.ts'
import {
  decodeEntries,
  encodeEntries,
  nodesFromTiles,
  parseTilePath,
  tilePath,
  tileWidthAt,
} from '#shared/tlog/tiles.ts'

function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'))
}

const tree = readVectors('merkle-tree') as {
  leaves: string[]
  roots: string[]
  inclusion: { index: number; size: number; proof: string[] }[]
  consistency: { from: number; to: number; proof: string[] }[]
}
const leaves = tree.leaves.map((leaf) => hashLeaf(fromHex(leaf)))

/** MTH of RFC 6962 section 2.1, word for word: slow, and shares nothing with the code under test but the node hash. */
function definedRoot(hashes: readonly Hash[]): Hash {
  if (hashes.length === 0) return emptyRoot
  if (hashes.length === 1) return hashes[0]!
  const k = splitPoint(hashes.length)
  return hashNode(definedRoot(hashes.slice(0, k)), definedRoot(hashes.slice(k)))
}

const nodesOf = (hashes: readonly Hash[]) => async (level: number, index: number) =>
  definedRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level))

test('The roots of the RFC 6962 reference tree are those published, grown leaf by leaf', () => {
  const frontier = emptyFrontier()
  assert.equal(toHex(frontierRoot(frontier)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  leaves.forEach((leaf, at) => {
    appendLeaf(frontier, leaf)
    assert.equal(toHex(frontierRoot(frontier)), tree.roots[at])
  })
})

for (const { index, size, proof } of tree.inclusion) {
  test(`The published inclusion proof of leaf ${index} in ${size} is made and verified`, async () => {
    assert.deepEqual((await proveInclusion(nodesOf(leaves), index, size)).map(toHex), proof)
    assert.equal(verifyInclusion(leaves[index]!, index, size, proof.map(fromHex), fromHex(tree.roots[size - 1]!)), true)
  })
}

for (const { from, to, proof } of tree.consistency) {
  test(`The published consistency proof from ${from} to ${to} is made and verified`, async () => {
    assert.deepEqual((await proveConsistency(nodesOf(leaves), from, to)).map(toHex), proof)
    assert.equal(
      verifyConsistency(from, to, proof.map(fromHex), fromHex(tree.roots[from - 1]!), fromHex(tree.roots[to - 1]!)),
      true,
    )
  })
}

const some = Array.from({ length: 40 }, (_, at) => hashLeaf(utf8(`entry ${at}`)))

test('Every inclusion proof of every tree up to 40 leaves verifies, and with anything changed it does not', async () => {
  for (let size = 1; size <= some.length; size++) {
    const root = definedRoot(some.slice(0, size))
    for (let index = 0; index < size; index++) {
      const proof = await proveInclusion(nodesOf(some), index, size)
      assert.equal(verifyInclusion(some[index]!, index, size, proof, root), true)
      assert.equal(verifyInclusion(some[(index + 1) % 40]!, index, size, proof, root), false)
      assert.equal(verifyInclusion(some[index]!, index, size, [...proof, root], root), false)
      assert.equal(verifyInclusion(some[index]!, index, size, proof.slice(1), root), proof.length === 0)
      if (size > 1) assert.equal(verifyInclusion(some[index]!, (index + 1) % size, size, proof, root), false)
    }
  }
})

test('Every consistency proof between trees up to 40 leaves verifies, and with anything changed it does not', async () => {
  for (let to = 1; to <= some.length; to++) {
    const newRoot = definedRoot(some.slice(0, to))
    for (let from = 0; from <= to; from++) {
      const oldRoot = definedRoot(some.slice(0, from))
      const proof = await proveConsistency(nodesOf(some), from, to)
      assert.equal(verifyConsistency(from, to, proof, oldRoot, newRoot), true, `${from} to ${to}`)
      assert.equal(verifyConsistency(from, to, proof, hashNode(oldRoot, oldRoot), newRoot), false)
      if (from > 0) assert.equal(verifyConsistency(from, to, proof, oldRoot, hashNode(newRoot, newRoot)), false)
      assert.equal(verifyConsistency(from, to, [...proof, newRoot], oldRoot, newRoot), false)
      if (proof.length > 0) assert.equal(verifyConsistency(from, to, proof.slice(1), oldRoot, newRoot), false)
    }
  }
  assert.equal(verifyConsistency(5, 3, [], some[0]!, some[1]!), false)
})

test('A frontier that passes 70,000 leaves completes the tiles of C2SP tlog-tiles, and proofs read from them verify', async () => {
  const all = Array.from({ length: 70_000 }, (_, at) => hashLeaf(utf8(String(at))))
  const tiles = new Map<string, Uint8Array>()
  const frontier = emptyFrontier()
  for (const leaf of all)
    for (const tile of appendLeaf(frontier, leaf)) tiles.set(tilePath({ ...tile, width: 256 }), tile.hashes)
  // "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one full
  // level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile of width 1." (C2SP tlog-tiles)
  assert.equal([...tiles.keys()].filter((path) => path.startsWith('tile/0/')).length, 273)
  assert.equal([...tiles.keys()].filter((path) => path.startsWith('tile/1/')).length, 1)
  assert.deepEqual(
    frontier.edges.map((edge) => edge.length),
    [112, 17, 1],
  )
  assert.deepEqual(
    [tileWidthAt(70_000, 0, 273), tileWidthAt(70_000, 1, 1), tileWidthAt(70_000, 2, 0), tileWidthAt(70_000, 3, 0)],
    [112, 17, 1, 0],
  )
  const read = nodesFromTiles(async (tile) => {
    const full = tiles.get(tilePath(tile))
    if (full !== undefined) return full
    return concatBytes(...frontier.edges[tile.level]!.slice(0, tile.width))
  }, 70_000)
  const root = frontierRoot(frontier)
  assert.equal(toHex(await readRoot(read, 0, 70_000)), toHex(root))
  for (const index of [0, 255, 256, 65_535, 65_536, 69_888, 69_999]) {
    assert.equal(verifyInclusion(all[index]!, index, 70_000, await proveInclusion(read, index, 70_000), root), true)
  }
  const half = emptyFrontier()
  for (const leaf of all.slice(0, 33_333)) appendLeaf(half, leaf)
  assert.equal(
    verifyConsistency(33_333, 70_000, await proveConsistency(read, 33_333, 70_000), frontierRoot(half), root),
    true,
  )
})

test('A copied frontier grows by itself', () => {
  const frontier = emptyFrontier()
  appendLeaf(frontier, leaves[0]!)
  const copy = copyFrontier(frontier)
  appendLeaf(copy, leaves[1]!)
  assert.equal(toHex(frontierRoot(frontier)), tree.roots[0])
  assert.equal(toHex(frontierRoot(copy)), tree.roots[1])
})

test('Tile paths are written as C2SP tlog-tiles says, and only such paths are read', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067')
  assert.equal(tilePath({ level: 'entries', index: 0, width: 8 }), 'tile/entries/000.p/8')
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 5, 'entries' as const),
      fc.nat(2 ** 31 - 1),
      fc.integer({ min: 1, max: 256 }),
      (level, index, width) => {
        assert.deepEqual(parseTilePath(tilePath({ level, index, width })), { level, index, width })
      },
    ),
  )
  for (const path of [
    'tile/0/00',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/00/000',
    'tile/-1/000',
    'tile/0/x000/001',
    'tile/0/x001/1',
    'tile/data/000',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/000.p/300',
  ]) {
    assert.equal(parseTilePath(path), undefined, path)
  }
})

test('Entry bundles carry entries behind 16-bit lengths, and a truncated bundle is refused', () => {
  const bundle = encodeEntries([utf8(''), utf8('a'), new Uint8Array(300)])
  assert.equal(toHex(bundle.subarray(0, 7)), ['0000', '0001', '61', '012c'].join(''))
  assert.deepEqual(
    decodeEntries(bundle).map((entry) => entry.length),
    [0, 1, 300],
  )
  for (const end of [1, 3, 6, bundle.length - 1])
    assert.throws(() => decodeEntries(bundle.subarray(0, end)), RangeError)
  assert.throws(() => encodeEntries([new Uint8Array(65_536)]), RangeError)
})

const note = readVectors('signed-note') as Record<'verifierKey' | 'text' | 'signature' | 'privateSeed', string>

test('The published signed note opens with its key and is written byte for byte', async () => {
  const key = parseVerifierKey(note.verifierKey)
  assert.equal(formatVerifierKey(key.name, key.publicKey), note.verifierKey)
  assert.equal(await openNote(`${note.text}\n${note.signature}`, key), note.text)
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), fromHex(note.privateSeed)])
  const signature = sign(null, utf8(note.text), createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
  assert.equal(formatSignature(key.name, key.publicKey, signature), note.signature)
})

test('A note with a changed text, name, key id or signature does not open; unknown signatures are passed over', async () => {
  const key = parseVerifierKey(note.verifierKey)
  const open = (text: string, signatures: string) => openNote(`${text}\n${signatures}`, key)
  assert.equal(await open(note.text.replace('cryptography', 'cryptographY'), note.signature), undefined)
  assert.equal(await open(note.text, note.signature.replace('PeterNeumann', 'Peter')), undefined)
  assert.equal(await open(note.text, note.signature.replace('x08go', 'x08gp')), undefined)
  assert.equal(await open(note.text, note.signature.replace('ZInNI', 'ZInNJ')), undefined)
  const stranger = `— someone.example ${toBase64(new Uint8Array(68).fill(7))}\n`
  assert.equal(await open(note.text, stranger + note.signature), note.text)
  for (const malformed of [
    '',
    'text\n',
    'text\n\n',
    `${note.text}\n${note.signature.trimEnd()}`,
    `${note.text}\n- PeterNeumann AAAA\n`,
    `a\tb\n\n${note.signature}`,
  ]) {
    assert.throws(() => parseNote(malformed), RangeError)
  }
})

test('A verifier key whose id does not fit its key, or of another algorithm, is refused', () => {
  assert.throws(() => parseVerifierKey(note.verifierKey.replace('c74f20a3', 'c74f20a4')), /does not fit/)
  const other = concatBytes(Uint8Array.of(2), fromBase64(note.verifierKey.split('+').slice(2).join('+')).subarray(1))
  assert.throws(() => parseVerifierKey(`PeterNeumann+c74f20a3+${toBase64(other)}`), /not an Ed25519 key/)
})

test('A checkpoint reads back with its time, a foreign extension line is passed over, and malformed ones are refused', async () => {
  const checkpoint = { origin: 'log.example', size: 8, root: fromHex(tree.roots[7]!), at: '2026-03-02T09:00:00.000Z' }
  const text = formatCheckpoint(checkpoint)
  assert.equal(text, 'log.example\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\ntime 2026-03-02T09:00:00.000Z\n')
  assert.deepEqual(parseCheckpoint(text), checkpoint)
  assert.equal(parseCheckpoint(`${text}something else\n`).at, checkpoint.at)
  for (const bad of [
    '',
    'log.example\n8\n',
    text.replace('\n8\n', '\n08\n'),
    text.replace('\n8\n', '\n-8\n'),
    text.replace('\n8\n', '\n99999999999999999\n'),
    text.replace('Xcna', 'Xcn!'),
    text.trimEnd(),
  ]) {
    assert.throws(() => parseCheckpoint(bad), RangeError)
  }
  await assert.rejects(
    openCheckpoint(`${note.text}\n${note.signature}`, parseVerifierKey(note.verifierKey)),
    /malformed/,
  )
})

test('Hashing in the browser and in Node gives the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
      assert.equal(toHex(portableSha256(bytes)), toHex(sha256(bytes))),
    ),
  )
})

test('Base64 and hex read only what they write', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.deepEqual(fromBase64(toBase64(bytes)), bytes)
      assert.deepEqual(fromHex(toHex(bytes)), bytes)
    }),
  )
  for (const bad of ['A', 'AA=', 'AB==', 'AA==\n', 'A A=', '_w==']) assert.throws(() => fromBase64(bad), RangeError)
  for (const bad of ['0', 'zz', ' 00']) assert.throws(() => fromHex(bad), RangeError)
})
