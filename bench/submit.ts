import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { demoPassword } from '#server/embedded/demo-people.ts'
import { freePort } from '#server/embedded/free-port.ts'
import { loadKeys } from '#server/embedded/load-keys.ts'
import { runningDatabase } from '#server/embedded/start-database.ts'
import { signIn } from '#scripts/demo-client.ts'
import { createToken } from '#shared/api/identity.ts'
import { listProfiles } from '#shared/api/profiles.ts'
import type { Post } from '#shared/api/posts.ts'

/*
 * POST /api/posts with submission, on the evaluation set-up in a process of its own, beside the rate at which the same
 * Postgres commits single plain rows in the same run, 8 connections each, and beside an HTTP server that does nothing but
 * commit such a row (`commit-server.ts`); and how long a submission waits until the object store holds it under a signed
 * checkpoint.
 * To reach: at least 0.25 of the plain rate; submit → sealed p95 under 2 s.
 */

const connections = 8
const rounds = 5
const roundMs = 4_000
const steadyPerSecond = 20
const steadyMs = 20_000

interface Gateway {
  readonly url: string
  readonly directory: string
  readonly child: ChildProcess
}

async function startGateway(): Promise<Gateway> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-submit-'))
  const port = await freePort()
  const env = { ...process.env, GATEWAY_DATA_DIRECTORY: directory, GATEWAY_PORT: String(port) }
  // As `npm start` runs it.
  const flags = ['--max-semi-space-size=32']
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, '..', 'src', 'server', 'main.ts')], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await waitUntil(child, `${url}/readyz`, (answer) => answer.ok)
  return { url, directory, child }
}

async function waitUntil(child: ChildProcess, url: string, isReady: (answer: Response) => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error('A server ended before it was ready.')
    if (await fetch(url).then(isReady, () => false)) return
    await wait(200)
  }
  throw new Error('A server was not ready within a minute.')
}

/** The server that does nothing but commit a row. */
async function startCommitServer(databaseUrl: string): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'commit-server.ts'), databaseUrl, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await waitUntil(child, url, () => true)
  return { url, child }
}

async function stopGateway(gateway: Gateway): Promise<void> {
  const gone = new Promise((done) => gateway.child.once('exit', done))
  gateway.child.kill('SIGTERM')
  await gone
  await rm(gateway.directory, { recursive: true, force: true })
}

/** Sends one submission on a kept connection and answers the post. */
type Submit = (number: number) => Promise<Post>

async function prepareSubmit(gateway: Gateway, agent: Agent): Promise<Submit> {
  const camille = await signIn(gateway.url, 'camille', demoPassword)
  const { token } = await camille.call(createToken, { body: { name: 'benchmark' } })
  const profile = (await camille.call(listProfiles)).items.find(({ network }) => network === 'sandbox')!
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return (number) => {
    const text = `Our branch no. ${number} opens its doors on Saturday morning. Come and meet the client service team over coffee, and bring your questions about first homes. #community`
    return send(
      gateway.url,
      agent,
      headers,
      JSON.stringify({ text, language: 'en', profileIds: [profile.profileId], submit: true }),
    )
  }
}

function send<Answer>(url: string, agent: Agent, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}/api/posts`,
      { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (answer.statusCode === 201) resolve(JSON.parse(text) as Answer)
          else reject(new Error(`POST /api/posts answered ${answer.statusCode}: ${text}`))
        })
      },
    )
    call.on('error', reject)
    call.end(body)
  })
}

/** Calls `work` from 8 connections at once for a round; answers calls a second and each call's milliseconds. */
async function measure(work: (connection: number) => Promise<unknown>): Promise<{ rate: number; latencies: number[] }> {
  const latencies: number[] = []
  const begin = performance.now()
  const loop = async (connection: number) => {
    while (performance.now() - begin < roundMs) {
      const start = performance.now()
      await work(connection)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, connection) => loop(connection)))
  return { rate: (latencies.length * 1000) / (performance.now() - begin), latencies }
}

const plainText = 'x'.repeat(300)
const plainRequest = JSON.stringify({ text: plainText })

/** The plain single-row commit: one row of the size of the request, in a transaction of its own, prepared. */
async function preparePlain(
  url: string,
): Promise<{ commit: (connection: number) => Promise<unknown>; end: () => Promise<void> }> {
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url }))
  await Promise.all(clients.map((client) => client.connect()))
  await clients[0]!.query('create table bench_plain (id uuid primary key, body text not null)')
  return {
    commit: (connection) =>
      clients[connection]!.query({
        name: 'plain',
        text: 'insert into bench_plain values ($1, $2)',
        values: [randomUUID(), plainText],
      }),
    async end() {
      await clients[0]!.query('drop table bench_plain')
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}

/** Submits at a steady pace and watches, from outside, when the sealed tree grows over each submission's record. */
async function measureSealing(databaseUrl: string, submit: Submit): Promise<number[]> {
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  const growth: { at: number; size: number }[] = []
  let watching = true
  const watch = (async () => {
    // oxlint-disable-next-line no-unmodified-loop-condition -- it is set below, while this waits
    while (watching) {
      const { rows } = await database.query<{ size: string | null }>(
        'select max(tree_size) as size from archive.checkpoint',
      )
      growth.push({ at: performance.now(), size: Number(rows[0]!.size ?? 0) })
      await wait(20)
    }
  })()
  const sent: Promise<{ start: number; recordId: string }>[] = []
  for (let number = 0; number < (steadyMs / 1000) * steadyPerSecond; number++) {
    const start = performance.now()
    sent.push(submit(1_000_000 + number).then((post) => ({ start, recordId: post.timeline.at(-1)!.recordId })))
    await wait(1000 / steadyPerSecond)
  }
  const submissions = await Promise.all(sent)
  await wait(5_000)
  watching = false
  await watch
  const ids = submissions.map(({ recordId }) => recordId)
  const { rows } = await database.query<{ id: string; index: string }>(
    'select record_id as id, log_index as index from archive.leaf where record_id = any($1::uuid[])',
    [ids],
  )
  await database.end()
  const indexes = new Map(rows.map(({ id, index }) => [id, Number(index)]))
  return submissions.map(({ start, recordId }) => {
    const index = indexes.get(recordId)
    const seen = index === undefined ? undefined : growth.find(({ size }) => size > index)
    return seen === undefined ? Infinity : seen.at - start
  })
}

function rounded(ratio: number): number {
  return Number(ratio.toFixed(3))
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const gateway = await startGateway()
try {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const ports = JSON.parse(await readFile(join(gateway.directory, 'ports.json'), 'utf8')) as { postgres: number }
  const keys = await loadKeys(join(gateway.directory, 'keys'))
  const { ownerUrl } = runningDatabase({ directory: gateway.directory, keys, port: ports.postgres, login: 'gateway' })
  const submit = await prepareSubmit(gateway, agent)
  const plain = await preparePlain(ownerUrl)
  const server = await startCommitServer(ownerUrl)
  const commitByHttp = () => send(server.url, agent, { 'content-type': 'application/json' }, plainRequest)

  let number = 0
  await measure(() => submit(number++)) // the first round warms all up
  await measure(commitByHttp)
  await measure(plain.commit)
  const results: { plain: number; served: number; submitted: number; latencies: number[] }[] = []
  for (let round = 0; round < rounds; round++) {
    const { rate } = await measure(plain.commit)
    const served = await measure(commitByHttp)
    const submissions = await measure(() => submit(number++))
    results.push({
      plain: rate,
      served: served.rate,
      submitted: submissions.rate,
      latencies: submissions.latencies,
    })
  }
  server.child.kill()
  await plain.end()
  await wait(3_000) // the sealer catches up before its own pace is measured
  const sealing = await measureSealing(ownerUrl, submit)
  agent.destroy()

  const medianOf = (value: (round: (typeof results)[number]) => number) => quantile(results.map(value), 0.5)
  const ratio = medianOf((round) => round.submitted / round.plain)
  const latencies = results.flatMap((round) => round.latencies)
  const p95 = quantile(sealing, 0.95)
  console.log(`Submission, ${connections} connections, ${rounds} rounds of ${roundMs / 1000} s, medians`)
  const row = (measured: number, reach = '') => ({ measured, 'to reach': reach })
  console.table({
    'plain single-row commits /s': row(Math.round(medianOf((round) => round.plain))),
    'the same behind a bare HTTP server /s': row(Math.round(medianOf((round) => round.served))),
    'POST /api/posts with submission /s': row(Math.round(medianOf((round) => round.submitted))),
    'submissions ÷ plain commits': row(rounded(ratio), '≥ 0.25'),
    'bare HTTP server ÷ plain commits': row(rounded(medianOf((round) => round.served / round.plain))),
    'submissions ÷ bare HTTP server': row(rounded(medianOf((round) => round.submitted / round.served))),
    'answer p50 ms': row(Number(quantile(latencies, 0.5).toFixed(1))),
    'answer p95 ms': row(Number(quantile(latencies, 0.95).toFixed(1))),
    [`submit → sealed p50 ms, ${steadyPerSecond}/s`]: row(Math.round(quantile(sealing, 0.5))),
    [`submit → sealed p95 ms, ${steadyPerSecond}/s`]: row(Math.round(p95), '< 2000'),
  })
  if (ratio < 0.25 || p95 >= 2000) process.exitCode = 1
} finally {
  await stopGateway(gateway)
}
