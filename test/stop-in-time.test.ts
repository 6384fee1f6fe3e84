import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sealOnce } from '#server/archive/seal-records.ts'
import { startJobs } from '#server/jobs.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { approve, furnishFirm, submit } from '#test/support/furnish-firm.ts'
import { dataDirectory, startProcess } from '#test/support/gateway-process.ts'

const tooLate = 40_000

/** Milliseconds that the work takes; fails when it is not over in time. */
async function timeOf(work: Promise<unknown>): Promise<number> {
  const start = performance.now()
  const timer = new AbortController()
  const late = wait(tooLate, 'late', { signal: timer.signal }).catch(() => 'over')
  assert.notEqual(await Promise.race([work, late]), 'late', `it was not over after ${tooLate} ms`)
  timer.abort()
  return performance.now() - start
}

// Both wait for the ten seconds that are theirs: side by side.
describe('A stop is over in time', { concurrency: true }, () => {
  test('A request that never ends is cut off, and the process ends with 0', async (t) => {
    const gateway = startProcess(t, { directory: await dataDirectory(t) })
    const { host, hostname, port } = new URL(await gateway.address)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    const head = ['POST /auth/examiner HTTP/1.1', `Host: ${host}`, 'Content-Type: application/json']
    socket.write(`${[...head, 'Content-Length: 100', 'Expect: 100-continue'].join('\r\n')}\r\n\r\n`)
    await once(socket, 'data') // the server has begun with it
    socket.on('error', () => undefined)
    gateway.child.kill('SIGTERM')
    const took = await timeOf(gateway.ended)
    assert.ok(took > 9_000, `it was waited for, but only ${took} ms`)
    assert.equal(await gateway.ended, 0, gateway.output())
  })

  test('A job that hangs at a silent network is left to the next process', async (t) => {
    const { gateway, profileId } = await furnishFirm(t)
    const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
    await approve(ines, await submit(camille, profileId, 'We open our branch in Lyon on Monday.'))
    await planPublications(gateway)
    await releasePublications(gateway)
    await sealOnce(gateway, { force: true })
    const sandbox = gateway.networks.get('sandbox')!
    const [asked, silence] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const silent = {
      ...sandbox,
      publish: async (...call: Parameters<typeof sandbox.publish>) => {
        asked.resolve()
        await silence.promise
        return sandbox.publish(...call)
      },
    }
    const jobs = startJobs({ ...gateway, networks: new Map([['sandbox', silent]]) })
    await asked.promise
    const took = await timeOf(jobs.stop())
    silence.resolve()
    assert.ok(took > 9_000, `it was waited for, but only ${took} ms`)
  })
})
