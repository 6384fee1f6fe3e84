import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HttpError, type HttpAnswer } from '#server/platform/http.ts'
import { NetworkError, type NextStep } from '#server/platform/network.ts'
import { isSpentToken, readRefusal, toNetworkError } from '#server/publishing/bluesky-errors.ts'
import { toSilence } from '#server/publishing/network-answers.ts'

function answer(status: number, body: object | string, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers, rawHeaders: Object.entries(headers).flat(), bytes: Buffer.from(text) }
}

describe('what Bluesky says instead of yes', () => {
  // Status and body as a PDS sends them, then what follows for a write and for a read.
  const table: [number, object | string, NextStep, NextStep][] = [
    [
      400,
      { error: 'InvalidRequest', message: 'Record/text must not be longer than 300 graphemes' },
      'rejected',
      'rejected',
    ],
    [400, { error: 'InvalidSwap', message: 'Record was at bafy' }, 'rejected', 'rejected'],
    [400, { error: 'InvalidToken', message: 'Token could not be verified' }, 'reauthorise', 'reauthorise'],
    [400, { error: 'ExpiredToken', message: 'Token has expired' }, 'reauthorise', 'reauthorise'],
    [400, { error: 'AccountDeactivated', message: 'Account is deactivated' }, 'reauthorise', 'reauthorise'],
    [401, { error: 'AuthenticationRequired', message: 'Invalid identifier or password' }, 'reauthorise', 'reauthorise'],
    [401, { error: 'AuthFactorTokenRequired', message: 'A sign in code has been sent' }, 'reauthorise', 'reauthorise'],
    [403, '<html>Forbidden</html>', 'reauthorise', 'reauthorise'],
    [404, '<html>Not found</html>', 'rejected', 'rejected'],
    [413, { error: 'PayloadTooLarge', message: 'request entity too large' }, 'rejected', 'rejected'],
    [429, { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' }, 'retry_later', 'retry_later'],
    [500, { error: 'InternalServerError', message: 'Internal Server Error' }, 'outcome_unknown', 'retry_later'],
    [502, { error: 'UpstreamFailure', message: 'Upstream service unreachable' }, 'outcome_unknown', 'retry_later'],
    [503, '', 'outcome_unknown', 'retry_later'],
    [504, 'gateway timeout', 'outcome_unknown', 'retry_later'],
  ]
  for (const [status, body, writing, reading] of table) {
    it(`is ${writing} for a write and ${reading} for a read: ${status} ${JSON.stringify(body).slice(0, 60)}`, () => {
      assert.equal(toNetworkError(answer(status, body), true).nextStep, writing)
      assert.equal(toNetworkError(answer(status, body), false).nextStep, reading)
    })
  }

  it('is told in the network’s own words, and kept whole for the archive', () => {
    const error = toNetworkError(answer(400, { error: 'InvalidRequest', message: 'too long' }), true)
    assert.match(error.message, /InvalidRequest: too long/)
    assert.match(Buffer.from(error.responseBytes!).toString(), /^HTTP\/1\.1 400\r\n[\s\S]*"too long"/)
    assert.match(toNetworkError(answer(503, ''), true).message, /status 503/)
    assert.equal(readRefusal(answer(400, { error: 5, message: ['x'] })).error, '')
  })

  it('says when to come back, in seconds since 1970, and believes no nonsense', () => {
    const at = (reset: string) => toNetworkError(answer(429, {}, { 'ratelimit-reset': reset }), true).retryAt
    assert.equal(at('1772357400'), '2026-03-01T09:30:00.000Z')
    for (const nonsense of ['', 'soon', '-1', '1.5', '99999999999999', '0']) assert.equal(at(nonsense), undefined)
    assert.equal(toNetworkError(answer(500, {}, { 'ratelimit-reset': '1772357400' }), true).retryAt, undefined)
  })

  it('is a spent token only when the name says so, whatever the status', () => {
    assert.ok(
      isSpentToken(answer(400, { error: 'ExpiredToken' })) && isSpentToken(answer(401, { error: 'InvalidToken' })),
    )
    assert.ok(!isSpentToken(answer(400, { error: 'InvalidRequest' })) && !isSpentToken(answer(401, 'ExpiredToken')))
  })
})

describe('silence from a network', () => {
  const stepOf = (mayHaveArrived: boolean, writes: boolean) =>
    (toSilence('Bluesky', new HttpError('cut_off', 'x', { mayHaveArrived }), writes) as NetworkError).nextStep

  it('is an unknown outcome only for a write that may have arrived', () => {
    assert.equal(stepOf(true, true), 'outcome_unknown')
    assert.equal(stepOf(false, true), 'retry_later')
    assert.equal(stepOf(true, false), 'retry_later')
  })

  it('leaves every other error as it is', () => {
    const bug = new TypeError('a bug')
    const known = new NetworkError('rejected', 'x')
    assert.equal(toSilence('Bluesky', bug, true), bug)
    assert.equal(toSilence('Bluesky', known, true), known)
  })
})
