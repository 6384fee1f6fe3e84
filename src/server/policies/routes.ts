import { AppError } from '#server/platform/app-error.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import * as contract from '#shared/api/policies.ts'
import { activatePolicyVersion } from './activate-policy-version.ts'
import { approvePolicyVersion } from './approve-policy-version.ts'
import { compiledPolicy } from './compiled-policies.ts'
import { createPolicyVersion } from './create-policy-version.ts'
import type { CompiledPolicy } from './load-policy.ts'
import { findActiveVersion, findVersion, findVersions } from './queries.ts'
import { readSimulationGate } from './require-simulation.ts'
import { startEmergency } from './start-emergency.ts'
import { runInTurns } from './run-in-turns.ts'
import { testInSteps } from './test-policy.ts'

export function registerPolicyRoutes(app: App, deps: Pick<Deps, 'db' | 'clock'>): void {
  app.route({
    ...contract.listPolicies,
    handler: async () => {
      const activeVersion = (await findActiveVersion(deps.db)) ?? null
      const rules = activeVersion === null ? [] : describeRules(await compiledPolicy(deps.db, activeVersion))
      return { activeVersion, versions: await findVersions(deps.db), rules }
    },
  })
  app.route({
    ...contract.getPolicyVersion,
    handler: async (request) => {
      const found = await findVersion(deps.db, request.params.version)
      if (found === undefined) throw new AppError('not_found', 'No such policy version.')
      const policy = await compiledPolicy(deps.db, found.version)
      const { checked, failures, untested } = await runInTurns(testInSteps(policy))
      return {
        ...found,
        rules: describeRules(policy),
        cases: { checked, failed: failures.length + untested.length },
        simulation: found.state === 'active' ? null : await readSimulationGate(deps.db, found.version),
      }
    },
  })
  app.route({
    ...contract.createPolicyVersion,
    handler: async (request, reply) =>
      reply.code(201).send(await createPolicyVersion(deps, request.actor, request.body.files, request.body.note ?? '')),
  })
  app.route({
    ...contract.approvePolicyVersion,
    handler: async (request) => approvePolicyVersion(deps, request.actor, request.params.version),
  })
  app.route({
    ...contract.activatePolicyVersion,
    handler: async (request) => {
      const { emergency, at, reason } = request.body
      if (emergency !== true) return activatePolicyVersion(deps, request.actor, request.params.version, { at, reason })
      if (at !== undefined) throw new AppError('unprocessable', 'An emergency starts at once. Leave out the time.')
      return startEmergency(deps, request.actor, request.params.version, reason)
    },
  })
}

function describeRules(policy: CompiledPolicy): {
  ruleId: string
  pack: string
  clause?: string
  severity: contract.Severity
  message: { en: string; fr: string }
  suggestion?: { en: string; fr: string }
  mode: 'audit' | 'warn' | 'enforce'
  unknown: string[]
}[] {
  return policy.rules.map((rule) => ({
    ruleId: rule.id,
    pack: rule.pack,
    ...(rule.clause === undefined ? {} : { clause: rule.clause }),
    severity: rule.severity,
    message: { ...rule.message },
    ...(rule.suggestion === undefined ? {} : { suggestion: { ...rule.suggestion } }),
    mode: rule.mode,
    unknown: [
      ...new Set([...(rule.condition?.facts ?? []), ...(rule.requirement?.training === true ? ['training'] : [])]),
    ],
  }))
}
