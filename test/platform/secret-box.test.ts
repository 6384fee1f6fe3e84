import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecretBox } from '#server/platform/secret-box.ts'

const box = createSecretBox(Buffer.alloc(32, 7))

test('What was sealed opens with the same key and context, and no two boxes are alike', () => {
  const [one, other] = [box.seal('Mot de passe 🔑', 'profile 1'), box.seal('Mot de passe 🔑', 'profile 1')]
  assert.equal(box.open(one, 'profile 1'), 'Mot de passe 🔑')
  assert.notDeepEqual(one, other)
  assert.ok(!one.includes('passe'))
})

test('A box does not open with another key, for another context, changed in any byte, or cut anywhere', () => {
  const sealed = box.seal('secret', 'profile 1')
  assert.throws(() => createSecretBox(Buffer.alloc(32, 8)).open(sealed, 'profile 1'))
  assert.throws(() => box.open(sealed, 'profile 2'))
  const empty = box.seal('', 'profile 1')
  for (let at = 0; at < empty.length; at += 1)
    assert.throws(() => box.open(empty.subarray(0, at), 'profile 1'), `a tag cut after ${at} bytes proves too little`)
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed)
    changed[at]! ^= 1
    assert.throws(() => box.open(changed, 'profile 1'), `byte ${at}`)
    assert.throws(() => box.open(sealed.subarray(0, at), 'profile 1'), `the first ${at} bytes`)
  }
})

test('A key of any length but 32 bytes is refused', () => {
  for (const length of [0, 16, 31, 33]) assert.throws(() => createSecretBox(Buffer.alloc(length)), RangeError)
})
