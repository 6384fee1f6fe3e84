import { Type, type Static } from 'typebox'
import { Id, Language, At, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'
import { altTextAtMost, mediaAtMost } from '#shared/media-limits.ts'
import { postStatuses } from '#shared/post-status.ts'

export const Severity = Type.Union([Type.Literal('block'), Type.Literal('review'), Type.Literal('note')])
export type Severity = Static<typeof Severity>
export const Verdict = Type.Union([Type.Literal('pass'), Type.Literal('review'), Type.Literal('block')])
export type Verdict = Static<typeof Verdict>
export const CommunicationClass = Type.Union([
  Type.Literal('retail'),
  Type.Literal('correspondence'),
  Type.Literal('institutional'),
])
export type CommunicationClass = Static<typeof CommunicationClass>
export const PostStatusSchema = Type.Enum(postStatuses)

/** Offsets in UTF-16 code units of the submitted text of that field. */
export const Span = Type.Object({
  start: Type.Integer({ minimum: 0 }),
  end: Type.Integer({ minimum: 0 }),
  field: Type.String({ description: '`text`, `thread:1` (a later item), `link:0`, `url:0`, `alt:0`' }),
  item: Type.Optional(
    Type.Integer({ minimum: 1, description: 'the item of a thread, counted from 0; absent in the first one' }),
  ),
})
export type Span = Static<typeof Span>

export const LocalText = Type.Object({ en: Type.String(), fr: Type.String() })

/** What one rule says of one revision. `message` is in the caller's language; `messages` holds both. */
export const Finding = Type.Object({
  ruleId: Type.String(),
  severity: Severity,
  clause: Type.Optional(Type.String()),
  message: Type.String(),
  messages: LocalText,
  suggestion: Type.Optional(Type.String()),
  suggestions: Type.Optional(LocalText),
  via: Type.Optional(Type.String()),
  spans: Type.Array(Span),
})
export type Finding = Static<typeof Finding>

export const RequiredStage = Type.Object({
  name: Type.String(),
  need: Type.Integer(),
  qualification: Type.Optional(Type.String()),
  unit: Type.Optional(Type.String()),
})
export type RequiredStage = Static<typeof RequiredStage>

export const NetworkFit = Type.Object({
  network: Type.String(),
  profileId: Type.Optional(Id),
  length: Type.Integer(),
  limit: Type.Integer(),
  truncatesAt: Type.Optional(Type.Integer()),
  fits: Type.Boolean(),
})
export type NetworkFit = Static<typeof NetworkFit>

export const Link = Type.Object({
  url: Type.String({ maxLength: 2048, format: 'uri', pattern: '^https?://' }),
  text: Type.Optional(Type.String({ maxLength: 300 })),
})
export const Source = Type.Object({
  claim: Type.Optional(Type.String({ maxLength: 1000 })),
  url: Type.Optional(Type.String({ maxLength: 2048 })),
  note: Type.Optional(Type.String({ maxLength: 2000 })),
})

/** What an author says: shared by the dry run, drafts and revisions. */
export const PostContent = {
  text: Type.String({ maxLength: 100_000 }),
  thread: Type.Optional(
    Type.Array(Type.String({ maxLength: 100_000 }), {
      maxItems: 50,
      description: 'the items after the first, in order; each is judged alone, and the whole too',
    }),
  ),
  format: Type.Optional(
    Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', description: '`post` when absent; `story` deletes itself' }),
  ),
  audience: Type.Optional(Type.String({ minLength: 1, maxLength: 80, description: '`public`, `clients` …' })),
  profileIds: Type.Array(Id, { maxItems: 50, uniqueItems: true, default: [] }),
  mediaIds: Type.Optional(Type.Array(Id, { maxItems: mediaAtMost, uniqueItems: true })),
  altTexts: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: altTextAtMost }), {
      maxProperties: mediaAtMost,
      description: 'descriptions by media id, for those who cannot see; they win over the one given at the upload',
    }),
  ),
  links: Type.Optional(Type.Array(Link, { maxItems: 20 })),
  language: Type.Optional(Language),
  scheduledAt: Type.Optional(Nullable(At)),
  communicationClass: Type.Optional(CommunicationClass),
  static: Type.Optional(Type.Boolean()),
  topics: Type.Optional(Type.Array(Type.String({ maxLength: 80 }), { maxItems: 20 })),
  sources: Type.Optional(Type.Array(Source, { maxItems: 20 })),
}

export const CheckAnswer = Type.Object({
  verdict: Verdict,
  findings: Type.Array(Finding),
  requiredStages: Type.Array(RequiredStage),
  policyVersion: Type.String(),
  perNetwork: Type.Array(NetworkFit),
})
export type CheckAnswer = Static<typeof CheckAnswer>

export const checkPolicy = endpoint({
  method: 'POST',
  url: '/api/policy/check',
  config: { permission: 'policy.check' },
  schema: {
    summary: 'Dry run for the composer; stores nothing',
    tags: ['policy'],
    body: Type.Object(PostContent),
    response: { 200: CheckAnswer },
  },
})

export const PolicyRule = Type.Object({
  ruleId: Type.String(),
  pack: Type.String(),
  clause: Type.Optional(Type.String()),
  severity: Severity,
  message: LocalText,
  suggestion: Type.Optional(LocalText),
  mode: Type.Union([Type.Literal('audit'), Type.Literal('warn'), Type.Literal('enforce')]),
  unknown: Type.Array(Type.String(), {
    description: 'what the rule asks for and the gateway does not know yet; such posts go to review',
  }),
})

export const PolicyVersion = Type.Object({
  version: Type.String(),
  state: Type.Union([Type.Literal('draft'), Type.Literal('approved'), Type.Literal('active'), Type.Literal('retired')]),
  createdAt: At,
  createdBy: Nullable(Id),
  createdByName: Nullable({ ...Type.String(), description: 'null: shipped with the program' }),
  approvedAt: Nullable(At),
  approvedBy: Nullable(Id),
  approvedByName: Nullable(Type.String()),
  activateAt: Nullable(At),
  activatedAt: Nullable(At),
  emergencyUntil: Nullable({ ...At, description: 'active without its second approval until then' }),
  simulationId: Nullable({
    ...Id,
    description: 'the report with which it was approved, then went live; null: shipped, or an emergency',
  }),
  ruleCount: Type.Integer(),
  note: Type.String(),
})
export type PolicyVersion = Static<typeof PolicyVersion>

export const SimulationGate = Type.Object({
  state: Type.Enum(['missing', 'under_way', 'outdated', 'partial', 'ready'], {
    description:
      '`ready`: its report lets it be approved and go live; `outdated`: another version has come into force since; `partial`: over some units only',
  }),
  simulationId: Nullable({ ...Id, description: 'the simulation that this was read from' }),
})
export type SimulationGate = Static<typeof SimulationGate>

export const PolicyFile = Type.Object({
  path: Type.String({ maxLength: 300 }),
  // Its length is refused where it is read: a schema counts millions of characters one by one before anybody has a turn.
  text: Type.String({ description: 'YAML, at most 5,000,000 characters' }),
})
const versionParams = Type.Object({ version: Type.String({ pattern: '^[0-9a-f]{64}$' }) })

export const listPolicies = endpoint({
  method: 'GET',
  url: '/api/policies',
  config: { permission: 'policy.read' },
  schema: {
    summary: 'The versions of the policy, newest first, and the rules of the active one',
    tags: ['policy'],
    response: {
      200: Type.Object({
        activeVersion: Nullable(Type.String()),
        versions: Type.Array(PolicyVersion),
        rules: Type.Array(PolicyRule),
      }),
    },
  },
})

export const getPolicyVersion = endpoint({
  method: 'GET',
  url: '/api/policies/versions/:version',
  config: { permission: 'policy.read' },
  schema: {
    summary: 'One immutable version with its files',
    tags: ['policy'],
    params: versionParams,
    response: {
      200: Type.Object({
        ...PolicyVersion.properties,
        files: Type.Array(PolicyFile),
        rules: Type.Array(PolicyRule),
        cases: Type.Object({ checked: Type.Integer(), failed: Type.Integer() }),
        simulation: Nullable({
          ...SimulationGate,
          description: 'the simulation that it needs beside the version in force; null for that version itself',
        }),
      }),
    },
  },
})

export const createPolicyVersion = endpoint({
  method: 'POST',
  url: '/api/policies/versions',
  config: { permission: 'policy.write' },
  schema: {
    summary: 'Writes a draft version; every mistake is listed at once, and its cases must pass before it can go live',
    tags: ['policy'],
    body: Type.Object({
      files: Type.Array(PolicyFile, { minItems: 1, maxItems: 200 }),
      note: Type.Optional(Type.String({ maxLength: 2000 })),
    }),
    response: { 201: PolicyVersion },
  },
})

export const approvePolicyVersion = endpoint({
  method: 'POST',
  url: '/api/policies/versions/:version/approve',
  config: { permission: 'policy.approve' },
  schema: {
    summary: 'A second person approves a draft that was simulated beside the version in force (else `not_simulated`)',
    tags: ['policy'],
    params: versionParams,
    response: { 200: PolicyVersion },
  },
})

export const activatePolicyVersion = endpoint({
  method: 'POST',
  url: '/api/policies/versions/:version/activate',
  config: { permission: 'policy.approve', maxAgeSeconds: 30 * 60 },
  schema: {
    summary:
      'Makes an approved version the active one, now or at a time, with its simulation beside the version in force (else `not_simulated`); re-evaluates what is approved or scheduled',
    tags: ['policy'],
    params: versionParams,
    body: Type.Object({
      at: Type.Optional(At),
      reason: Type.String({ minLength: 1, maxLength: 2000 }),
      emergency: Type.Optional(
        Type.Boolean({
          description: 'starts a draft at once that only adds block rules; a second person approves it within 24 hours',
        }),
      ),
    }),
    response: { 200: PolicyVersion },
  },
})
