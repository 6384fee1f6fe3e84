import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  holdsPermission,
  mayOnUnit,
  scopeUnits,
  systemActor,
  unitOfActing,
  withoutDelegationsOf,
  type Actor,
  type RoleGrant,
} from '#server/platform/actor.ts'
import { permissions, type Permission } from '#shared/permissions.ts'

const path = ['firm', 'paris', 'desk']
const actor = (grants: readonly RoleGrant[], more: Partial<Actor> = {}): Actor => ({
  kind: 'user',
  userId: 'ines',
  displayName: 'Inès',
  unitId: 'desk',
  unitPath: path,
  grants,
  ...more,
})

test('A role reaches its unit and what is below it, and nothing above or beside it', () => {
  const reviewer = actor([{ role: 'reviewer', unitId: 'paris' }])
  assert.ok(mayOnUnit(reviewer, 'review.decide', path))
  assert.ok(mayOnUnit(reviewer, 'review.decide', ['firm', 'paris']))
  assert.ok(!mayOnUnit(reviewer, 'review.decide', ['firm']))
  assert.ok(!mayOnUnit(reviewer, 'review.decide', ['firm', 'lyon']))
  assert.ok(!mayOnUnit(reviewer, 'post.write', path), 'another role’s permission')
  assert.deepEqual(scopeUnits(reviewer, 'review.decide'), ['paris'])
  assert.deepEqual(scopeUnits(reviewer, 'post.write'), [])
})

test('No role means no permission, and the gateway itself holds none', () => {
  for (const permission of Object.keys(permissions) as Permission[]) {
    assert.ok(!holdsPermission(actor([]), permission), permission)
    assert.ok(!holdsPermission(systemActor, permission), permission)
  }
})

test('A token does no more than its scopes, and no more than its owner’s roles', () => {
  const grants = [{ role: 'reviewer', unitId: 'firm' }] as const
  const token = actor(grants, { kind: 'token', scopes: ['review.read', 'post.write'] })
  assert.ok(holdsPermission(token, 'review.read'))
  assert.ok(!holdsPermission(token, 'review.decide'))
  assert.ok(!holdsPermission(token, 'post.write'))
  assert.ok(!mayOnUnit(token, 'review.decide', path))
  assert.deepEqual(scopeUnits(token, 'review.decide'), [])
  assert.ok(!holdsPermission(actor(grants, { scopes: [] }), 'review.read'))
})

test('What one makes lies in one’s own unit where the role reaches it, else in the first unit of the role', () => {
  const author = (...units: string[]) => actor(units.map((unitId) => ({ role: 'author', unitId })))
  assert.equal(unitOfActing(author('paris', 'lyon'), 'post.write'), 'desk')
  assert.equal(unitOfActing(author('nice', 'lyon'), 'post.write'), 'lyon')
  assert.equal(unitOfActing(author(), 'post.write'), 'desk')
})

test('What these people lent is taken away, what others lent and what is one’s own stays', () => {
  const grants: RoleGrant[] = [
    { role: 'reviewer', unitId: 'paris' },
    { role: 'reviewer', unitId: 'lyon', delegatedBy: 'tom' },
    { role: 'reviewer', unitId: 'nice', delegatedBy: 'camille' },
  ]
  const units = (...lenders: string[]) => scopeUnits(withoutDelegationsOf(actor(grants), lenders), 'review.decide')
  assert.deepEqual(units(), ['paris', 'lyon', 'nice'])
  assert.deepEqual(units('camille', 'her other account'), ['paris', 'lyon'])
  assert.deepEqual(units('tom', 'camille'), ['paris'])
})
