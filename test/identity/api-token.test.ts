import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashApiToken, isApiToken, makeApiToken } from '#server/identity/api-token.ts'

test('a token is known by its prefix and checksum, and one changed character is noticed', () => {
  for (let count = 0; count < 200; count += 1) {
    const token = makeApiToken()
    assert.match(token, /^gwt_[0-9A-Za-z]{38}$/)
    assert.ok(isApiToken(token))
    const at = 4 + (count % 38)
    const changed = token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1)
    assert.ok(!isApiToken(changed), changed)
  }
})

test('no two tokens are alike, and the hash does not show the token', () => {
  const tokens = new Set(Array.from({ length: 1000 }, makeApiToken))
  assert.equal(tokens.size, 1000)
  const [token = ''] = tokens
  assert.equal(hashApiToken(token).length, 32)
  assert.ok(!hashApiToken(token).toString('latin1').includes(token.slice(4)))
})

test('what is not a token is told without asking the database', () => {
  for (const text of ['', 'gwt_', 'gwt_short', `gwt_${'0'.repeat(38)}`, 'ghp_0123456789012345678901234567890123456789'])
    assert.ok(!isApiToken(text))
})
