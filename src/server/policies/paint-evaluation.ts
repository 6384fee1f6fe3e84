import type { CommandIo } from './command-io.ts'
import type { Evaluation, Finding, Severity, Span } from './finding.ts'

const colours: Readonly<Record<Severity, string>> = {
  block: '\u001b[41;97m',
  review: '\u001b[43;30m',
  note: '\u001b[44;97m',
}
const reset = '\u001b[0m'
const words = {
  en: {
    verdicts: {
      pass: 'Nothing to object to.',
      review: 'A person must look at this.',
      block: 'This cannot be published as it is.',
    },
    severities: { block: 'Blocks', review: 'For review', note: 'Note' },
    suggestion: 'Instead',
    stages: 'Review',
    written: 'written as',
  },
  fr: {
    verdicts: {
      pass: 'Rien à signaler.',
      review: 'Une personne doit examiner ce message.',
      block: 'Ce message ne peut pas être publié en l’état.',
    },
    severities: { block: 'Bloquant', review: 'À examiner', note: 'Remarque' },
    suggestion: 'Plutôt',
    stages: 'Validation',
    written: 'écrit en',
  },
}

type Look = Pick<CommandIo, 'colour' | 'locale'>

/** A text with its hits marked, and below it what each finding says. Without colour, ⟦ ⟧ stand around a hit. */
export function paintEvaluation(text: string, evaluation: Evaluation, look: Look): string {
  const word = words[look.locale]
  const stages = evaluation.requiredStages.map((stage) => `${stage.name} × ${stage.need}`).join(', ')
  const findings = evaluation.findings.map((finding) => describe(text, finding, look))
  return [
    paintText(text, evaluation.findings, look),
    '',
    word.verdicts[evaluation.verdict],
    ...findings,
    ...(stages === '' ? [] : ['', `${word.stages}: ${stages}`]),
    '',
  ].join('\n')
}

function describe(text: string, finding: Finding, look: Look): string {
  const word = words[look.locale]
  const clause = finding.clause === undefined ? '' : ` · ${finding.clause}`
  const places = finding.spans
    .map((span) => (span.field === 'text' ? `« ${text.slice(span.start, span.end)} »` : span.field))
    .join(', ')
  const via = finding.via === undefined || finding.via === 'plain' ? '' : ` (${word.written}: ${finding.via})`
  const head = `\n${paint(word.severities[finding.severity], finding.severity, look)} ${finding.ruleId}${clause}`
  const suggestion =
    finding.suggestion === undefined ? [] : [`  ${word.suggestion}: ${finding.suggestion[look.locale]}`]
  return [
    head,
    `  ${finding.message[look.locale]}`,
    ...(places === '' ? [] : [`  ${places}${via}`]),
    ...suggestion,
  ].join('\n')
}

function paint(text: string, severity: Severity, look: Look): string {
  return look.colour ? `${colours[severity]}${text}${reset}` : text
}

/** Each character takes the gravest finding over it: the findings come gravest first. */
function paintText(text: string, findings: readonly Finding[], look: Look): string {
  const spans = findings.flatMap((finding) =>
    finding.spans.filter((span) => span.field === 'text').map((span) => ({ ...span, severity: finding.severity })),
  )
  const taken: (Span & { severity: Severity })[] = []
  for (const span of spans)
    if (!taken.some((other) => span.start < other.end && other.start < span.end)) taken.push(span)
  taken.sort((a, b) => a.start - b.start)
  let painted = ''
  let at = 0
  for (const { start, end, severity } of taken) {
    const inside = text.slice(start, end)
    painted += text.slice(at, start) + (look.colour ? paint(inside, severity, look) : `⟦${inside}⟧`)
    at = end
  }
  return painted + text.slice(at)
}
