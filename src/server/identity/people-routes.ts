import { AppError } from '#server/platform/app-error.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { User } from '#shared/api/identity.ts'
import * as contract from '#shared/api/people.ts'
import { permissions, roleAllows, roles, type Permission } from '#shared/permissions.ts'
import { deactivatePerson, reactivatePerson } from './deactivate-person.ts'
import { decideRoleChange } from './decide-role-change.ts'
import { delegateRole, endDelegation, listDelegations } from './delegate-role.ts'
import { conflictsOf } from './duty-conflict.ts'
import { endExaminer, grantExaminer, listExaminers } from './grant-examiner.ts'
import { endQualification, grantQualification } from './grant-qualification.ts'
import { findVisiblePerson, listPersonQualifications } from './people-queries.ts'
import { readPermissionsAt } from './read-permissions-at.ts'
import { requestRoleChange } from './request-role-change.ts'
import { listChanges, toRoleChange } from './role-change-queries.ts'
import { readExaminerActs } from './read-examiner-acts.ts'
import { updateUnit } from './update-unit.ts'

type Parts = Pick<Deps, 'db' | 'clock'>

/** People, units, roles by two persons, qualifications, delegations, examiners. */
export function registerPeopleRoutes(app: App, deps: Parts): void {
  app.route({
    ...contract.getUser,
    handler: (request) => readPerson(deps, request.actor, 'user.read', request.params.userId),
  })
  app.route({
    ...contract.deactivateUser,
    handler: async (request) => {
      await deactivatePerson(deps, request.actor, request.params.userId, request.body.reason)
      return readPerson(deps, request.actor, 'user.manage', request.params.userId)
    },
  })
  app.route({
    ...contract.reactivateUser,
    handler: async (request) => {
      await reactivatePerson(deps, request.actor, request.params.userId, request.body.reason)
      return readPerson(deps, request.actor, 'user.manage', request.params.userId)
    },
  })
  app.route({
    ...contract.updateUnit,
    handler: (request) => updateUnit(deps, request.actor, request.params.unitId, request.body),
  })
  registerRoleRoutes(app, deps)
  registerQualificationRoutes(app, deps)
  registerDelegationRoutes(app, deps)
  registerExaminerRoutes(app, deps)
}

async function readPerson(deps: Parts, actor: Actor, permission: Permission, userId: string): Promise<User> {
  const person = await findVisiblePerson(deps.db, actor, permission, userId)
  if (person === undefined) throw new AppError('not_found', 'No such person in your units.')
  const { id, display_name, email, active, unit_id, roles: held } = person
  return { userId: id, displayName: display_name, email, active, unitId: unit_id, roles: held }
}

function registerRoleRoutes(app: App, deps: Parts): void {
  app.route({
    ...contract.listRoles,
    handler: async () => ({
      items: roles.map((role) => ({
        role,
        permissions: (Object.keys(permissions) as Permission[]).filter((permission) => roleAllows(role, permission)),
        conflictsWith: conflictsOf(role),
      })),
    }),
  })
  app.route({
    ...contract.listRoleChanges,
    handler: async (request) => ({
      items: (await listChanges(deps.db, request.actor, request.query.status)).map(toRoleChange),
    }),
  })
  app.route({
    ...contract.requestRoleChange,
    handler: async (request, reply) => reply.code(201).send(await requestRoleChange(deps, request.actor, request.body)),
  })
  app.route({
    ...contract.decideRoleChange,
    handler: (request) => decideRoleChange(deps, request.actor, request.params.changeId, request.body.outcome),
  })
  app.route({
    ...contract.getPermissionsAt,
    handler: (request) => readPermissionsAt(deps, request.actor, request.params.userId, request.query.at),
  })
}

function registerQualificationRoutes(app: App, deps: Parts): void {
  app.route({
    ...contract.listQualifications,
    handler: async (request) => ({
      items: (await listPersonQualifications(deps.db, request.actor, request.query.userId)).map((row) => ({
        qualificationId: row.id,
        userId: row.user_id,
        qualification: row.name,
        validFrom: row.valid_from,
        validUntil: row.valid_until,
        evidence: row.evidence,
      })),
    }),
  })
  app.route({
    ...contract.grantQualification,
    handler: async (request, reply) =>
      reply.code(201).send(await grantQualification(deps, request.actor, request.body)),
  })
  app.route({
    ...contract.endQualification,
    handler: (request) => endQualification(deps, request.actor, request.params.qualificationId, request.body.reason),
  })
}

function registerDelegationRoutes(app: App, deps: Parts): void {
  app.route({
    ...contract.listDelegations,
    handler: async (request) => ({ items: await listDelegations(deps.db, request.actor.userId) }),
  })
  app.route({
    ...contract.createDelegation,
    handler: async (request, reply) => reply.code(201).send(await delegateRole(deps, request.actor, request.body)),
  })
  app.route({
    ...contract.endDelegation,
    handler: (request) => endDelegation(deps, request.actor, request.params.delegationId),
  })
}

function registerExaminerRoutes(app: App, deps: Parts): void {
  app.route({
    ...contract.listExaminers,
    handler: async (request) => ({ items: await listExaminers(deps.db, request.actor) }),
  })
  app.route({
    ...contract.grantExaminer,
    handler: async (request, reply) => reply.code(201).send(await grantExaminer(deps, request.actor, request.body)),
  })
  app.route({
    ...contract.endExaminer,
    handler: (request) => endExaminer(deps, request.actor, request.params.examinerId),
  })
  app.route({
    ...contract.listExaminerActs,
    handler: (request) => readExaminerActs(deps, request.actor, request.params.examinerId, request.query),
  })
}
