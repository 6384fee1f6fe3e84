import { RecordFilter } from '#shared/api/archive.ts'
import type { Finding } from '#shared/api/policies.ts'

/** What a reader asks a record for first, taken from its content as it was recorded; whatever it does not say is left out. */
export interface RecordFacts {
  readonly text?: string | undefined
  readonly language?: string | undefined
  readonly networks: readonly string[]
  readonly communicationClass?: string | undefined
  readonly scheduledAt?: string | undefined
  readonly verdict?: string | undefined
  readonly policyVersion?: string | undefined
  readonly findings: readonly Finding[]
  readonly outcome?: string | undefined
  readonly stage?: string | undefined
  readonly reason?: string | undefined
  readonly sentence?: string | undefined
  readonly permalink?: string | undefined
  readonly permission?: string | undefined
  readonly path?: string | undefined
  readonly filter?: Readonly<Record<string, string>> | undefined
  readonly total?: number | undefined
  readonly totalIsEstimate: boolean
  readonly recipient?: string | undefined
  readonly roles: readonly { role: string; unitId: string }[]
  /** Whom a right or an access was given to or taken from. */
  readonly personId?: string | undefined
  readonly qualification?: string | undefined
  readonly recordsChecked?: number | undefined
  readonly seenRecordId?: string | undefined
  readonly seenPostId?: string | undefined
}

/** Reads the content of any record. Bodies differ by type and by the version that wrote them, so nothing is taken for granted. */
export function recordFacts(content: unknown): RecordFacts {
  const body = objectOf(content)
  const revision = objectOf(body['revision'])
  const evaluation = objectOf(body['evaluation'] ?? body)
  const held = [...objectsOf(body['roles']), ...(body['role'] === undefined ? [] : [body])]
  const scope = body['filter'] ?? body['query'] ?? body['scope']
  return {
    text: words(revision['text']) ?? words(body['liveText']) ?? words(body['text']),
    language: words(revision['language']),
    networks: [...new Set(objectsOf(revision['targets']).flatMap((target) => words(target['network']) ?? []))],
    communicationClass: words(revision['communicationClass']),
    scheduledAt: words(revision['scheduledAt']),
    verdict: words(evaluation['verdict']),
    policyVersion:
      words(evaluation['policyVersion']) ?? words(body['policyVersion']) ?? ifVersion(words(body['version'])),
    findings: objectsOf(evaluation['findings']).flatMap(asFinding),
    outcome: words(body['outcome']),
    stage: words(body['stage']),
    reason: words(body['reason']),
    sentence: words(body['sentence']) ?? ifSentence(words(body['because'])),
    permalink: ifAddress(words(body['permalink'])),
    permission: words(body['permission']),
    path: words(body['path']),
    filter: typeof scope === 'object' && scope !== null ? filterOf(objectOf(scope)) : undefined,
    total: figure(body['total']),
    totalIsEstimate: body['totalIsEstimate'] === true,
    recipient: words(body['recipient']),
    roles: held.flatMap((one) => {
      const [role, unitId] = [words(one['role']), words(one['unitId'])]
      return role === undefined || unitId === undefined ? [] : [{ role, unitId }]
    }),
    personId: words(body['userId']) ?? words(body['toUserId']),
    qualification: words(body['qualification']),
    recordsChecked: figure(body['recordsChecked']),
    seenRecordId: words(body['recordId']),
    seenPostId: words(body['postId']),
  }
}

/** A finding as the archive keeps it, in the form in which the console draws findings. */
function asFinding(found: Record<string, unknown>): Finding[] {
  const [messages, suggestions] = [bothLanguages(found['message']), bothLanguages(found['suggestion'])]
  const { ruleId, severity, clause, via } = found
  if (messages === undefined || typeof ruleId !== 'string') return []
  if (severity !== 'block' && severity !== 'review' && severity !== 'note') return []
  return [
    {
      ruleId,
      severity,
      message: messages.en,
      messages,
      ...(typeof clause === 'string' ? { clause } : {}),
      ...(typeof via === 'string' ? { via } : {}),
      ...(suggestions === undefined ? {} : { suggestions }),
      spans: objectsOf(found['spans']).flatMap(({ field, start, end, item }) =>
        typeof field === 'string' && typeof start === 'number' && typeof end === 'number'
          ? [{ field, start, end, ...(typeof item === 'number' ? { item } : {}) }]
          : [],
      ),
    },
  ]
}

function bothLanguages(value: unknown): { en: string; fr: string } | undefined {
  const { en, fr } = objectOf(value)
  return typeof en === 'string' && typeof fr === 'string' ? { en, fr } : undefined
}

const filterNames = new Set(Object.keys(RecordFilter))

/** A filter of the archive; undefined where it holds what no reader's filter does, so that a half of it is never shown as the whole. */
function filterOf(scope: Record<string, unknown>): Record<string, string> | undefined {
  const set = Object.entries(scope).filter(([, value]) => value !== null && value !== '')
  const known = set.flatMap(([name, value]): [string, string][] =>
    filterNames.has(name) && typeof value === 'string' ? [[name, value]] : [],
  )
  return known.length === set.length ? Object.fromEntries(known) : undefined
}

/** The value as an object to look into; empty where it is none. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function objectsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}

function words(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function figure(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** A code is not for reading; a sentence holds a space. */
function ifSentence(value: string | undefined): string | undefined {
  return value?.includes(' ') === true ? value : undefined
}

/** The fingerprint of a policy. */
function ifVersion(value: string | undefined): string | undefined {
  return value !== undefined && /^[0-9a-f]{64}$/.test(value) ? value : undefined
}

/** What a network answered is not trusted: only an address of the web becomes a link. */
function ifAddress(value: string | undefined): string | undefined {
  return value !== undefined && /^https?:\/\//.test(value) ? value : undefined
}
