import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsOf, issuerName, readClaims, shorten } from '#server/identity/read-claims.ts'
import type { Config } from '#server/platform/config.ts'

const oidc = { issuer: 'https://login.example', groupsClaim: 'groups', employeeClaim: 'employee' } as Config['oidc']
const config = { embedded: false, oidc }
const read = (claims: object, more: Partial<Config['oidc']> = {}) =>
  readClaims({ ...config, oidc: { ...oidc, ...more } }, { sub: 'ines', ...claims })

test('An address that the provider did not verify, or that is none, is nobody’s: people are told apart by it', () => {
  const email = (claims: object) => read(claims).email
  assert.equal(email({ email: 'ines@firm.example' }), 'ines@firm.example')
  assert.equal(email({ email: ' ines@firm.example ', email_verified: true }), 'ines@firm.example')
  assert.equal(email({ email: 'ines@firm.example', email_verified: false }), null)
  assert.equal(email({ email: 'ines@firm.example', email_verified: 'false' }), null)
  assert.equal(email({ email: ' ' }), null)
  assert.equal(email({ email: 7 }), null)
  assert.equal(email({ email: 'a'.repeat(320) })?.length, 320)
  assert.equal(email({ email: 'a'.repeat(321) }), null)
})

test('An employee number is read where a claim is named for it, as text or as a number', () => {
  assert.equal(read({ employee: ' 17 ' }).employeeNumber, '17')
  assert.equal(read({ employee: 17 }).employeeNumber, '17')
  assert.equal(read({ employee: ['17'] }).employeeNumber, null)
  assert.equal(read({ employee: '' }).employeeNumber, null)
  assert.equal(read({ employee: '1'.repeat(255) }).employeeNumber?.length, 255)
  assert.equal(read({ employee: '1'.repeat(256) }).employeeNumber, null)
  const { employeeClaim: _claim, ...without } = oidc
  assert.equal(readClaims({ ...config, oidc: without }, { sub: 'ines', employee: '17' }).employeeNumber, null)
})

test('Nobody is let in without a name that can be kept, or with an endless one', () => {
  const refused = { code: 'unauthenticated' }
  for (const sub of [undefined, '', 7, 'x'.repeat(256)]) assert.throws(() => read({ sub }), refused, String(sub))
  assert.equal(read({ sub: 'x'.repeat(255) }).subject.length, 255)
  assert.throws(() => read({ sid: 'x'.repeat(256) }), refused)
  assert.throws(() => read({ name: 'In\u0000es' }), refused)
  assert.throws(() => read({ sub: '\ud800' }), refused)
})

test('Groups are a list, one name or a path into nested claims; that there are too many of them is told', () => {
  assert.deepEqual(groupsOf({ groups: ['a', 7, 'b'] }, 'groups'), ['a', 'b'])
  assert.deepEqual(groupsOf({ groups: 'a' }, 'groups'), ['a'])
  assert.deepEqual(groupsOf({ realm_access: { roles: ['a'] } }, 'realm_access.roles'), ['a'])
  assert.deepEqual(groupsOf({ 'realm_access.roles': ['b'] }, 'realm_access.roles'), ['b'])
  for (const claims of [{}, { groups: 7 }, { groups: null }, { groups: { a: 1 } }])
    assert.equal(groupsOf(claims, 'groups'), undefined)
  assert.equal(groupsOf({ realm_access: null }, 'realm_access.roles'), undefined)
  const state = (claims: object) => read(claims).groupsState
  assert.equal(state({ groups: [] }), 'sent')
  assert.equal(state({}), 'missing')
  assert.equal(state({ hasgroups: false }), 'missing')
  assert.equal(state({ hasgroups: true }), 'overage')
  assert.equal(state({ hasgroups: 'true' }), 'overage')
  assert.equal(state({ _claim_names: { groups: 'src1' } }), 'overage')
  assert.equal(state({ _claim_names: { address: 'src1' } }), 'missing')
  assert.equal(state({ _claim_names: 'groups' }), 'missing')
  assert.deepEqual(read({ hasgroups: true }).groups, [])
})

test('A person has the best name that the provider says, in a language of ours, cut at whole characters', () => {
  const name = (claims: object) => read(claims).displayName
  assert.equal(name({ name: 'Inès', preferred_username: 'ines', email: 'i@firm.example' }), 'Inès')
  assert.equal(name({ name: ' ', preferred_username: 'i.moreau', email: 'i@firm.example' }), 'i.moreau')
  assert.equal(name({ upn: 'ines@firm' }), 'ines@firm')
  assert.equal(name({ email: 'i@firm.example' }), 'i@firm.example')
  assert.equal(name({}), 'ines')
  assert.equal(shorten('abc', 3), 'abc')
  assert.equal(shorten('abcd', 3), 'abc')
  assert.equal(shorten('ab🏦', 3), 'ab')
  assert.equal(shorten('ab🏦', 4), 'ab🏦')
  assert.deepEqual(
    [read({ locale: 'FR-fr' }).locale, read({ locale: 'de' }).locale, read({}).locale],
    ['fr', 'en', 'en'],
  )
  assert.equal(read({ unit: 'paris' }).unitSlug, 'paris')
  assert.equal(read({ site: 'nice', unit: 'paris' }, { unitClaim: 'site' }).unitSlug, 'nice')
  assert.deepEqual(
    [issuerName(config), issuerName({ ...config, embedded: true })],
    ['https://login.example', 'embedded'],
  )
})
