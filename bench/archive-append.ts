import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { sealOnce } from '#server/archive/seal-records.ts'
import { makeRecord, printTable, quantile, startBenchArchive, type MadeRecord } from './archive-fixture.ts'

/*
 * Appending one record a transaction, beside a plain INSERT of the same bytes and beside the hash chain inside the
 * transaction that audit tables usually have; rounds take turns, so that other work on the machine meets all alike.
 * To reach: at least 0.5 of the plain INSERT and 2 × the chain, with 8 and with 32 connections, the sealer running.
 */

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const roundMs = 3_000

interface Way {
  readonly name: string
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
    name: 'append_record',
    write: (client, { header, salt, body }) =>
      client.query({ name: 'append', text: 'select archive.append_record($1, $2, $3)', values: [header, salt, body] }),
  },
]

const schema = `
  create table bench_plain (id uuid primary key, at timestamptz not null default now(), header bytea not null, salt bytea not null, body bytea not null);
  create table bench_vector (id uuid primary key, at timestamptz not null default now(), header bytea not null, salt bytea not null, body bytea not null, vector tsvector);
  create index on bench_vector using gin (vector);
  create table bench_chained (n bigint primary key, id uuid not null, header bytea not null, salt bytea not null, body bytea not null, chained bytea not null);
  create table bench_head (one boolean primary key default true, n bigint not null, chained bytea not null);
  insert into bench_head values (true, 0, '');
  create function bench_chain(p_id uuid, p_header bytea, p_salt bytea, p_body bytea) returns void language plpgsql as $$
  declare head record; begin
    select n, chained into head from bench_head for update;
    head.chained := sha256(head.chained || p_header || p_salt || p_body);
    insert into bench_chained values (head.n + 1, p_id, p_header, p_salt, p_body, head.chained);
    update bench_head set n = head.n + 1, chained = head.chained;
  end $$;
  grant all on bench_plain, bench_vector, bench_chained, bench_head to gateway_service`

const archive = await startBenchArchive()
const owner = new pg.Client({ connectionString: archive.ownerUrl })
await owner.connect()
await owner.query(schema)

const streams = () => ({
  author: randomUUID(),
  post: randomUUID(),
  unit: '019a0000-0000-7000-8000-0000000000f1',
  network: 'sandbox',
})

async function measure(way: Way, connections: number): Promise<{ rate: number; latencies: number[] }> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: archive.serviceUrl })
      await client.connect()
      return client
    }),
  )
  const latencies: number[] = []
  const start = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - start < roundMs) {
        const record = makeRecord(streams())
        const from = performance.now()
        await way.write(client, record)
        latencies.push(performance.now() - from)
      }
    }),
  )
  const rate = latencies.length / ((performance.now() - start) / 1000)
  await Promise.all(clients.map((client) => client.end()))
  return { rate, latencies }
}

const running = new AbortController()
const sealing = (async () => {
  while (!running.signal.aborted) {
    await sealOnce(archive)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
})()

const rows: (string | number)[][] = []
for (const connections of [1, 8, 32]) {
  const results = ways.map(() => ({ rates: [] as number[], latencies: [] as number[] }))
  for (let round = 0; round < rounds; round++) {
    for (const [at, way] of ways.entries()) {
      const { rate, latencies } = await measure(way, connections)
      results[at]!.rates.push(rate)
      results[at]!.latencies.push(...latencies)
    }
  }
  const medians = results.map((result) => quantile(result.rates, 0.5))
  for (const [at, way] of ways.entries()) {
    rows.push([
      way.name,
      connections,
      Math.round(medians[at]!),
      quantile(results[at]!.latencies, 0.95).toFixed(1),
      (medians[at]! / medians[0]!).toFixed(2),
      (medians[at]! / medians[2]!).toFixed(2),
    ])
  }
}
running.abort()
await sealing
printTable(['one record a transaction', 'connections', 'records/s', 'p95 ms', '÷ plain', '÷ chain'], rows)
await owner.end()
await archive.stop()
