import { createHash, type KeyObject } from 'node:crypto'
import pg from 'pg'
import { joinEntry } from '#server/archive/entry.ts'
import { toInstant, type Instant } from '#server/platform/clock.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { newId } from '#server/platform/new-id.ts'
import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { formatCheckpoint } from '#shared/tlog/checkpoint.ts'
import { appendLeaf, emptyFrontier, frontierRoot, type FullTile } from '#shared/tlog/frontier.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { formatSignature, parseVerifierKey } from '#shared/tlog/note.ts'

const batch = 2_000
const start = Date.parse('2026-01-05T08:00:00.000Z')

// A small pseudo-random generator, so that every run exports the same bytes.
let state = 1
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

const syllables = 'ba ce di fo gu la me ni ro su ta ve xi zo pra cle dri sto flu gre'.split(' ')
const words = Array.from({ length: 4_000 }, () =>
  Array.from({ length: 1 + random(4) }, () => syllables[random(syllables.length)]).join(''),
)

/** About 1.5 kB of words that compress as prose does, some four to one. */
function makeText(): string {
  const text: string[] = []
  for (let count = 0; count < 190; count += 1) text.push(words[Math.floor(random(4_000) * (random(100) / 100))]!)
  return text.join(' ')
}

/**
 * Fills the archive of an empty database with a sealed log of `size` records of about 1.7 kB, written as its owner and past
 * the sealer, which would take minutes: the rows and hashes are those that the sealer would have made.
 */
export async function generateLog(ownerUrl: string, size: number, key: KeyObject, origin: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  const frontier = emptyFrontier()
  for (let first = 0; first < size; first += batch) {
    const rows = Array.from({ length: Math.min(batch, size - first) }, (_, at) =>
      makeRow(first + at, toInstant(start + Math.floor((first + at) / 10))),
    )
    const tiles = rows.flatMap((row) => appendLeaf(frontier, row.leaf))
    await insertRows(client, rows)
    await insertTiles(client, tiles)
  }
  const root = frontierRoot(frontier)
  const signer = createEd25519Signer(origin, String(key.export({ type: 'pkcs8', format: 'pem' })))
  const at = toInstant(start + Math.floor(size / 10))
  const text = formatCheckpoint({ origin, size, root, at })
  const note = `${text}\n${formatSignature(origin, parseVerifierKey(signer.verifierKey).publicKey, await signer.sign(utf8(text)))}`
  await client.query(
    `insert into archive.integration (tree_size, first_index, root_hash, integrated_at, mark, system_identifier, database_oid)
     values ($1, 0, $2, $3, pg_current_snapshot(), 0, 0)`,
    [size, Buffer.from(root), at],
  )
  await client.query('insert into archive.seal (tree_size, first_index, planned_at, note) values ($1, 0, $2, $3)', [
    size,
    at,
    note,
  ])
  await client.query('insert into archive.checkpoint (tree_size, sealed_at) values ($1, $2)', [size, at])
  // An export by words would look into the searchable copy, and first bring it up to the log.
  await client.query('update archive.search_head set indexed_size = $1', [size])
  await client.query('vacuum analyze archive.leaf, archive.archive_record, archive.archive_body')
  await client.end()
}

interface Row {
  readonly n: number
  readonly id: string
  readonly at: Instant
  readonly header: string
  readonly salt: Buffer
  readonly body: string
  readonly sequence: string
  readonly leaf: Uint8Array
}

function makeRow(n: number, at: Instant): Row {
  const id = newId(at)
  const salt = createHash('sha256').update(`${n}`).digest()
  const body = `{"actor":{"displayName":"Camille ${n % 500}","kind":"user","userId":"${newId(at)}"},"content":{"revision":{"text":"${makeText()}"}}}`
  const bodyHash = createHash('sha256').update(Buffer.of(2)).update(salt).update(body).digest('hex')
  const streams = `{"author":"${newId(at)}","post":"${newId(at)}","unit":"${newId(at)}"}`
  const header = `{"actor":"${newId(at)}","bodyHash":"${bodyHash}","id":"${id}","recordedAt":"${at}","retentionClass":"mifid-7y","streams":${streams},"type":"post.submitted","v":1,"verdict":"review"}`
  const sequence = `{"author":${n},"post":0,"unit":${n}}`
  return { n, id, at, header, salt, body, sequence, leaf: hashLeaf(utf8(joinEntry(at, header, n, sequence))) }
}

async function insertRows(client: pg.Client, rows: readonly Row[]): Promise<void> {
  const column = <K extends keyof Row>(name: K) => rows.map((row) => row[name])
  await client.query(
    `with given as (
       select * from unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
         as g (n, id, at, header, salt, body, sequence, leaf)
     ), records as (
       insert into archive.archive_record (recorded_at, id, type, retention_class, dispose_month, header)
         select at, id, 'post.submitted', 'mifid-7y', '2033-02-01', convert_to(header, 'UTF8') from given
     ), bodies as (
       insert into archive.archive_body (dispose_month, recorded_at, id, salt, body)
         select '2033-02-01', at, id, decode(salt, 'hex'), convert_to(body, 'UTF8') from given
     )
     insert into archive.leaf (log_index, recorded_at, record_id, sealed_at, stream_sequence, leaf_hash)
       select n, at, id, at, sequence, decode(leaf, 'hex') from given`,
    [
      column('n'),
      column('id'),
      column('at'),
      column('header'),
      rows.map((row) => row.salt.toString('hex')),
      column('body'),
      column('sequence'),
      rows.map((row) => toHex(row.leaf)),
    ],
  )
}

async function insertTiles(client: pg.Client, tiles: readonly FullTile[]): Promise<void> {
  for (const tile of tiles)
    await client.query('insert into archive.tile (level, tile_index, hashes, root) values ($1, $2, $3, $4)', [
      tile.level,
      tile.index,
      Buffer.from(tile.hashes),
      Buffer.from(tile.root),
    ])
}
