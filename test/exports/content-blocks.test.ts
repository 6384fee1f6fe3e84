import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { it } from 'node:test'
import fc from 'fast-check'
import { Blocks, type Content } from '#server/exports/content-blocks.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { ZipWriter } from '#server/exports/write-zip.ts'
import { freshPath } from './forge-package.ts'

const blockSize = 512 * 1024
const part = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.uint8Array({ maxLength: 30 }),
  fc.constantFrom('', 'é'.repeat(300_000), '🧾'.repeat(140_001), 'x'.repeat(blockSize), `a${'€'.repeat(200_000)}`),
  fc.constant(new Uint8Array(blockSize + 1).fill(7)),
)

it('cuts bytes and texts into blocks that hold the same bytes, whatever character stands at their borders', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
      const blocks = new Blocks()
      const cut: Buffer[] = []
      for await (const block of blocks.cut(parts)) {
        assert.ok(block.length > 0 && block.length <= blockSize)
        cut.push(Buffer.from(block))
        blocks.giveBack(block)
      }
      assert.ok(
        cut.slice(0, -1).every((block) => block.length > blockSize - 4),
        'blocks are full',
      )
      assert.ok(Buffer.concat(cut).equals(Buffer.concat(parts.map((each) => Buffer.from(each)))))
    }),
    { numRuns: 60 },
  )
})

it('uses a block again that was given back, and none that was not', async () => {
  const blocks = new Blocks()
  const seen = new Set<ArrayBufferLike>()
  const content: Content = Array.from({ length: 20 }, (_, at) => new Uint8Array(blockSize).fill(at))
  const held: Buffer[] = []
  for await (const block of blocks.cut(content)) {
    seen.add(block.buffer)
    held.push(block)
    if (held.length < 3) continue
    assert.deepEqual(new Set(held.map((each) => each.buffer)).size, 3)
    blocks.giveBack(held.shift()!)
  }
  assert.ok(seen.size <= 4, `${seen.size} blocks`)
})

it('zips texts of several blocks as they were given', async () => {
  const path = freshPath()
  const file = await open(path, 'w')
  const writer = new ZipWriter(file, '2026-11-21T10:00:05.000Z')
  const texts = Array.from({ length: 30 }, (_, at) => `${at} ${'Nº “évidence” 🧾 '.repeat(9_000 + at)}\n`)
  const packed = await writer.add('text', texts)
  await writer.add('empty', [])
  await writer.end()
  await file.close()
  const zip = await ZipReader.open(path)
  await zip.checkStructure('2026-11-21T10:00:05.000Z')
  const read = Buffer.concat(await Array.fromAsync(zip.read(zip.entries[0]!)))
  await zip.close()
  assert.ok(read.equals(Buffer.from(texts.join(''))))
  assert.equal(packed.size, read.length)
  assert.equal(zip.entries[1]!.size, 0)
})
