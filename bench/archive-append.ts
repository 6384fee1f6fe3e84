import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { startArchiveThread, type ArchiveThread } from '#server/archive/start-archive-thread.ts'
import {
  judge,
  judgeHeadings,
  makeRecord,
  printTable,
  quantile,
  startBenchArchive,
  type MadeRecord,
} from './archive-fixture.ts'

/*
 * Appending one record a transaction, beside a plain INSERT of the same bytes and beside the hash chain inside the
 * transaction that audit tables usually have; rounds take turns, so that other work on the machine meets all alike. The
 * archive's thread seals and indexes while records are appended, and only then: nobody else pays for it.
 * To reach: at least 0.5 of a plain INSERT of the same header and body with their search vector (nothing else is searchable),
 * and 2 × the chain of the same, with 8 and with 32 connections. The table compares with INSERT and chain of the bytes alone too,
 * which leave a record that nobody can search for.
 */

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
const roundMs = Number(process.env['BENCH_MILLISECONDS'] ?? 1_200)
/** More than one round can write. */
const supply = Math.ceil((roundMs / 1000) * 12_000)

interface Way {
  readonly name: string
  /** Its records must be new ones each round, and the archive is sealed meanwhile. */
  readonly archives?: boolean
  write(client: pg.Client, record: MadeRecord): Promise<unknown>
}

const ways: Way[] = [
  {
    name: 'plain INSERT of the bytes',
    write: (client, { header, salt, body }) =>
      client.query({
        name: 'plain',
        text: 'insert into bench_plain (id, header, salt, body) values ($1, $2, $3, $4)',
        values: [randomUUID(), header, salt, body],
      }),
  },
  {
    name: 'plain INSERT with the vector',
    write: (client, { header, salt, body }) =>
      client.query({
        name: 'vector',
        text: "insert into bench_vector (id, header, salt, body, vector) values ($1, $2, $3, $4, to_tsvector('english', convert_from($4, 'UTF8')::json ->> 'searchText'))",
        values: [randomUUID(), header, salt, body],
      }),
  },
  {
    name: 'chain in the transaction',
    write: (client, { header, salt, body }) =>
      client.query({
        name: 'chain',
        text: 'select bench_chain($1, $2, $3, $4)',
        values: [randomUUID(), header, salt, body],
      }),
  },
  {
    name: 'chain with the vector',
    write: (client, { header, salt, body }) =>
      client.query({
        name: 'chain vector',
        text: 'select bench_chain_searchable($1, $2, $3, $4)',
        values: [randomUUID(), header, salt, body],
      }),
  },
  {
    name: 'append_record, sealed meanwhile',
    archives: true,
    write: (client, { header, salt, body }) =>
      client.query({ name: 'append', text: 'select archive.append_record($1, $2, $3)', values: [header, salt, body] }),
  },
]

const schema = `
  create table bench_plain (id uuid primary key, at timestamptz not null default now(), header bytea not null, salt bytea not null, body bytea not null);
  create table bench_vector (id uuid primary key, at timestamptz not null default now(), header bytea not null, salt bytea not null, body bytea not null, vector tsvector);
  create index on bench_vector using gin (vector);
  create table bench_chained (n bigint primary key, id uuid not null, header bytea not null, salt bytea not null, body bytea not null, chained bytea not null);
  create table bench_searchable (n bigint primary key, id uuid not null, header bytea not null, salt bytea not null, body bytea not null, chained bytea not null, vector tsvector);
  create index on bench_searchable using gin (vector);
  create table bench_head (of text primary key, n bigint not null, chained bytea not null);
  insert into bench_head values ('bytes', 0, ''), ('searchable', 0, '');
  create function bench_chain(p_id uuid, p_header bytea, p_salt bytea, p_body bytea) returns void language plpgsql as $$
  declare head record; begin
    select n, chained into head from bench_head where of = 'bytes' for update;
    head.chained := sha256(head.chained || p_header || p_salt || p_body);
    insert into bench_chained values (head.n + 1, p_id, p_header, p_salt, p_body, head.chained);
    update bench_head set n = head.n + 1, chained = head.chained where of = 'bytes';
  end $$;
  create function bench_chain_searchable(p_id uuid, p_header bytea, p_salt bytea, p_body bytea) returns void language plpgsql as $$
  declare head record; begin
    select n, chained into head from bench_head where of = 'searchable' for update;
    head.chained := sha256(head.chained || p_header || p_salt || p_body);
    insert into bench_searchable values (head.n + 1, p_id, p_header, p_salt, p_body, head.chained,
      to_tsvector('english', convert_from(p_body, 'UTF8')::json ->> 'searchText'));
    update bench_head set n = head.n + 1, chained = head.chained where of = 'searchable';
  end $$;
  grant all on bench_plain, bench_vector, bench_chained, bench_searchable, bench_head to gateway_service`

const archive = await startBenchArchive()
const owner = new pg.Client({ connectionString: archive.ownerUrl })
await owner.connect()
await owner.query(schema)
const thread = startArchiveThread(archive.thread, { debug() {}, info() {}, warn: console.warn, error: console.error })
await thread.seal()

function makeRecords(): MadeRecord[] {
  return Array.from({ length: supply }, () =>
    makeRecord({
      author: randomUUID(),
      post: randomUUID(),
      unit: '019a0000-0000-7000-8000-0000000000f1',
      network: 'sandbox',
    }),
  )
}
// Made before the clock starts: what it costs to make a record is the same for all ways, and would hide what differs.
const same = makeRecords()

interface Measured {
  readonly rate: number
  readonly latencies: number[]
}

async function measure(way: Way, clients: readonly pg.Client[]): Promise<Measured> {
  const records = way.archives === true ? makeRecords() : same
  const latencies: number[] = []
  const stopped = new AbortController()
  const sealing = way.archives === true ? sealMeanwhile(thread, stopped.signal) : undefined
  const start = performance.now()
  let next = 0
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - start < roundMs && next < records.length) {
        const record = records[next++]!
        const from = performance.now()
        await way.write(client, record)
        latencies.push(performance.now() - from)
      }
    }),
  )
  const rate = latencies.length / ((performance.now() - start) / 1000)
  stopped.abort()
  await sealing
  return { rate, latencies }
}

/** Seals five times a second, and ends when all is sealed and indexed: before somebody else is measured. */
async function sealMeanwhile(sealer: ArchiveThread, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await wait(200)
    await sealer.seal()
  }
  for (;;) {
    const { rows: heads } = await owner.query<{ done: boolean }>(
      'select indexed_size > (select max(log_index) from archive.leaf) as done from archive.search_head',
    )
    if (heads[0]!.done) return
    await wait(50)
    await sealer.seal()
  }
}

const rows: (string | number)[][] = []
const judged: (string | number)[][] = []
for (const connections of [1, 8, 32]) {
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: archive.serviceUrl }))
  await Promise.all(clients.map((client) => client.connect()))
  const results = ways.map(() => ({ rates: [] as number[], latencies: [] as number[] }))
  for (let round = 0; round < rounds; round++) {
    for (const [at, way] of ways.entries()) {
      const { rate, latencies } = await measure(way, clients)
      results[at]!.rates.push(rate)
      results[at]!.latencies.push(...latencies)
    }
  }
  await Promise.all(clients.map((client) => client.end()))
  const medians = results.map((result) => quantile(result.rates, 0.5))
  const [bytes, vector, chain, searchableChain, append] = medians as [number, number, number, number, number]
  for (const [at, way] of ways.entries()) {
    rows.push([
      way.name,
      connections,
      Math.round(medians[at]!),
      quantile(results[at]!.latencies, 0.95).toFixed(1),
      (medians[at]! / bytes).toFixed(2),
      (medians[at]! / chain).toFixed(2),
    ])
  }
  if (connections === 1) continue
  const compare = (other: string, rate: number, limit: number) =>
    judged.push(judge(`append ÷ ${other}, ${connections} connections`, append / rate, limit, 'more'))
  compare('plain INSERT with the vector', vector, 0.5)
  compare('hash chain with the vector', searchableChain, 2)
}
printTable(['one record a transaction', 'connections', 'records/s', 'p95 ms', '÷ plain', '÷ chain'], rows)
console.log()
printTable(judgeHeadings, judged)
await thread.stop()
await owner.end()
await archive.stop()
