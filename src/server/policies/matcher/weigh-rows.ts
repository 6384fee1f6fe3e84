import { TARGET_ANY, TARGET_GROUP, type Formula, type Matcher } from './compile-lexicons.ts'
import { R } from './find-rows.ts'

/**
 * What the rows of one text touch: a rule with a hit, a group with a member, a formula with one. Each holds the number of
 * the pass that touched it, so that nothing is cleared between texts.
 */
const touched = {
  pass: 0,
  rules: new Int32Array(256),
  groups: new Int32Array(256),
  formulas: new Int32Array(256),
  /** Formulas that can hold, by number, in the order in which their rows came. */
  live: [] as number[],
}

const LAST_PASS = 0x7ffffffe

function reserveTouched(matcher: Matcher): void {
  if (touched.rules.length < matcher.rules.length) touched.rules = new Int32Array(matcher.rules.length * 2)
  if (touched.groups.length < matcher.groupFormulas.length)
    touched.groups = new Int32Array(matcher.groupFormulas.length * 2)
  if (touched.formulas.length < matcher.formulas.length) touched.formulas = new Int32Array(matcher.formulas.length * 2)
  touched.live.length = 0
  if (touched.pass++ < LAST_PASS) return
  // The tables hold no larger number: begin again.
  for (const table of [touched.rules, touched.groups, touched.formulas]) table.fill(0)
  touched.pass = 1
}

/** True when every side of a formula has a row in the text; only then can it hold. */
function canHold(formula: Formula): boolean {
  if (formula.kind === 'group') return touched.groups[formula.group] === touched.pass
  if (formula.kind === 'either') return formula.of.some(canHold)
  return canHold(formula.left) && canHold(formula.right)
}

/** Finds out which rules and formulas the rows can mean; answers whether any can. */
export function weighRows(matcher: Matcher): boolean {
  reserveTouched(matcher)
  const { pass, rules, groups, formulas, live } = touched
  let any = false
  for (let row = 0; row < R.length; row++) {
    const target = R.target[row] as number
    const of = matcher.targetOf[target] as number
    if (matcher.targetKind[target] === TARGET_GROUP) {
      groups[of] = pass
      const formula = matcher.groupFormulas[of] as number
      if (formulas[formula] !== pass) live.push(formula)
      formulas[formula] = pass
    } else if (matcher.targetKind[target] === TARGET_ANY) {
      rules[of] = pass
      any = true
    }
  }
  let kept = 0
  for (const number of live) {
    const { formula, unless, rule } = matcher.formulas[number] as Matcher['formulas'][number]
    if (!canHold(formula)) {
      formulas[number] = 0
      continue
    }
    live[kept++] = number
    if (unless) continue
    rules[rule] = pass
    any = true
  }
  live.length = kept
  return any || matcher.contains.texts.length > 0
}

/** True when a row is worth reading: a hit, a member of a formula that can hold, or an exclusion of a rule with a hit. */
export function isWanted(matcher: Matcher, target: number): boolean {
  const kind = matcher.targetKind[target]
  const of = matcher.targetOf[target] as number
  if (kind === TARGET_GROUP) return touched.formulas[matcher.groupFormulas[of] as number] === touched.pass
  return kind === TARGET_ANY || touched.rules[of] === touched.pass || matcher.contains.texts.length > 0
}

/** Formulas that can hold in the text that was weighed last, by number. */
export function liveFormulas(): readonly number[] {
  return touched.live
}
