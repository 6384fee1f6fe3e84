import type { ConditionContext } from './condition-context.ts'
import type { RequiredStage } from './finding.ts'
import type { CompiledPolicy, CompiledRoute } from './policy.ts'
import { unknownFactOf, type Fact } from './unknown-fact.ts'

/** What routes demand of one post. */
export interface ChosenRoute {
  readonly stages: readonly RequiredStage[]
  readonly sample?: number
  readonly routes: readonly string[]
  readonly errors: readonly { readonly ruleId: string; readonly error: string }[]
  readonly unknown: readonly string[]
}

/** When a policy says nothing, one compliance officer looks: nothing leaves without a decision. */
const fallback: CompiledRoute = { name: 'built-in', stages: [{ name: 'compliance', need: 1 }] }

/**
 * Every route whose condition holds adds its stages; equal stages merge and the larger `need` counts. Routes with
 * `otherwise` apply when no other route did. A route with no stages lets pass only what no other route stops.
 * A route whose condition fails to run counts as one that applies, with the built-in stage besides. A route whose
 * condition asks for what nobody knows applies where it asks for people, and not where it lets pass.
 */
export function chooseRoute(policy: CompiledPolicy, context: ConditionContext): ChosenRoute {
  const errors: { ruleId: string; error: string }[] = []
  const unknown: string[] = []
  const holds = (route: CompiledRoute): boolean => {
    if (route.condition === undefined) return false
    // Letting pass needs certainty, so such a route is not even asked.
    const fact = route.stages.length > 0 ? undefined : route.condition.facts.find((name) => isUnknown(name, context))
    if (fact !== undefined) {
      unknown.push(`route ${route.name}: ${fact}`)
      return false
    }
    try {
      return route.condition.evaluate(context)
    } catch (error) {
      const missing = unknownFactOf(error)?.fact
      if (missing !== undefined) {
        unknown.push(`route ${route.name}: ${missing}`)
        return true
      }
      errors.push({ ruleId: `route ${route.name}`, error: (error as Error).message.split('\n')[0]! })
      return true
    }
  }
  let applied = policy.routes.filter(holds)
  if (applied.length === 0) applied = policy.routes.filter((route) => route.condition === undefined)
  if (applied.length === 0 || errors.length > 0) applied = [...applied, fallback]
  const samples = applied.flatMap((route) => route.sample ?? [])
  return {
    stages: mergeStages(applied.flatMap((route) => route.stages)),
    ...(samples.length === 0 ? {} : { sample: Math.max(...samples) }),
    routes: applied.map((route) => route.name),
    errors,
    unknown,
  }
}

function isUnknown(fact: Fact, { author, libraryItem }: ConditionContext): boolean {
  return fact === 'training' ? author.isTrainingUnknown() : libraryItem.isUnknown()
}

function mergeStages(stages: readonly RequiredStage[]): readonly RequiredStage[] {
  if (stages.length < 2) return stages
  const merged = new Map<string, RequiredStage>()
  for (const stage of stages) {
    const key = `${stage.name}|${stage.qualification ?? ''}|${stage.unit ?? ''}`
    const known = merged.get(key)
    if (known === undefined) merged.set(key, stage)
    else if (stage.need > known.need) merged.set(key, { ...known, need: stage.need })
  }
  return [...merged.values()]
}
