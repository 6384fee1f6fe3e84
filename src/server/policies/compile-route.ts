import type { Environment } from '@marcbachmann/cel-js'
import { compileCondition } from './compile-condition.ts'
import type { Workshop } from './compile-rule.ts'
import type { RequiredStage } from './finding.ts'
import type { ParsedPolicyFile, YamlPath } from './parse-policy-file.ts'
import type { CompiledRoute } from './policy.ts'
import type { RawStage } from './raw-policy.ts'

/** One route of a file; `undefined` after reporting what is wrong with it. */
export function compileRoute(
  shop: Workshop,
  environment: Environment,
  file: ParsedPolicyFile,
  at: number,
): CompiledRoute | undefined {
  const raw = file.raw!.routes![at]!
  const report = (key: string, message: string): undefined => {
    shop.problems.push(file.problemAt(['routes', at, key], message))
    return undefined
  }
  if ((raw.when === undefined) === (raw.otherwise === undefined))
    return report('stages', 'A route has either when: with a condition, or otherwise: true. Write one of them.')
  const sample = raw.sample === undefined ? undefined : shareOf(raw.sample)
  if (sample !== undefined && sample > 1) return report('sample', 'A sample is at most 100%. Write a share such as 5%.')
  const rest = {
    name: raw.name ?? `${file.raw!.policy}-${at + 1}`,
    stages: raw.stages.map(compileStage),
    units: raw.stages.flatMap(({ unit }, number) =>
      unit === undefined ? [] : [{ name: unit, ...placeOf(file, ['routes', at, 'stages', number, 'unit']) }],
    ),
    ...(sample === undefined ? {} : { sample }),
  }
  if (raw.when === undefined) return rest
  try {
    return { ...rest, condition: compileCondition(raw.when, environment, shop.calendars) }
  } catch (error) {
    return report('when', (error as Error).message)
  }
}

function placeOf(parsed: ParsedPolicyFile, place: YamlPath): { file: string; line: number } {
  const { file, line } = parsed.problemAt(place, '')
  return { file, line }
}

function compileStage(raw: RawStage): RequiredStage {
  return {
    name: raw.name,
    need: raw.need ?? 1,
    ...(raw.qualification === undefined ? {} : { qualification: raw.qualification }),
    ...(raw.unit === undefined ? {} : { unit: raw.unit }),
  }
}

function shareOf(sample: number | string): number {
  return typeof sample === 'number' ? sample : Number.parseFloat(sample) / 100
}
