import { writeFileSync } from 'node:fs'
import { policySchema } from '#server/policies/policy-schema.ts'

/** Publishes the policy language as JSON Schema, so that an editor completes and checks a pack while it is written. */
writeFileSync('policies/policy.schema.json', `${JSON.stringify(policySchema, null, 2)}\n`)
