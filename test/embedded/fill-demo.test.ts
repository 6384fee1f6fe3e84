import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fileTypeFromBuffer } from 'file-type'
import { planPosts } from '#scripts/demo-plan.ts'
import { drawPicture } from '#scripts/draw-picture.ts'
import { freePort } from '#server/embedded/free-port.ts'
import { dataDirectory, startProcess } from '#test/support/gateway-process.ts'

const program = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url))

async function runDemo(directory: string, ...words: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, GATEWAY_DATA_DIRECTORY: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

/** Posts by state, as the demo prints them at its end. */
function statesIn(output: string): Record<string, number> {
  const lines = output.split('Posts by state:\n')[1]?.split('\n\n')[0]?.split('\n') ?? []
  return Object.fromEntries(
    lines.map((line) => line.trim().split(/\s+/)).map(([state = '', count]) => [state, Number(count)]),
  )
}

test('The demo plans the same different posts at every run, in both languages', async () => {
  const planned = planPosts(320)
  assert.deepEqual(planPosts(320), planned)
  assert.equal(new Set(planned.map((post) => post.text)).size, 320)
  assert.ok(planned.every((post) => !/[{}]/.test(post.text)))
  const pictures = planned.flatMap(({ picture }) => picture ?? [])
  assert.ok(
    pictures.length > 20 && pictures.includes(''),
    'some have a picture, and some authors forgot to describe it',
  )
  assert.deepEqual((await fileTypeFromBuffer(drawPicture(3)))?.mime, 'image/png')
  const share = planned.filter((post) => post.language === 'fr').length / 320
  assert.ok(share > 0.4 && share < 0.6)
})

test('The demo fills a running gateway with posts in every state that it can reach, and a second run adds nothing', async (t) => {
  const directory = await dataDirectory(t)
  const gateway = await startProcess(t, { directory, environment: { GATEWAY_PORT: String(await freePort()) } }).address
  const first = await runDemo(directory, gateway, '--posts', '80')
  assert.equal(first.code, 0, first.output)
  const states = statesIn(first.output)
  assert.equal(
    Object.values(states).reduce((sum, count) => sum + count, 0),
    80,
  )
  for (const state of [
    'draft',
    'blocked',
    'in_review',
    'changes_requested',
    'rejected',
    'scheduled',
    'published',
    'stopped',
    'withdrawn',
    'retracted',
  ]) {
    assert.ok((states[state] ?? 0) > 0, `no post is ${state}: ${first.output}`)
  }
  // The address that the start printed is known to the folder.
  const second = await runDemo(directory, '--posts', '80')
  assert.equal(second.code, 0, second.output)
  assert.deepEqual(statesIn(second.output), states)
  const feed = (await (await fetch(`${gateway}/sandbox/feed.json`)).json()) as { items: { content_text: string }[] }
  assert.ok(feed.items.length >= 20, 'what was published stands on the timeline')
  const texts = new Set(planPosts(80).map((post) => post.text))
  assert.ok(feed.items.some((item) => texts.has(item.content_text)))
})

test('The demo says what to do when nothing answers', async (t) => {
  const { code, output } = await runDemo(await dataDirectory(t), `http://127.0.0.1:${await freePort()}`)
  assert.equal(code, 1)
  assert.match(output, /Nothing answers at http.*Start the gateway with npm start/)
})
