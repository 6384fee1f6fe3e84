import { Type, type Static } from 'typebox'
import { At, Id, Nullable, Page, PageQuery, Person } from './common.ts'
import { endpoint } from './endpoint.ts'
import { PolicyFile, Verdict } from './policies.ts'

const Version = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Count = Type.Integer({ minimum: 0 })
const VerdictCounts = Type.Object({ pass: Count, review: Count, block: Count })

export const SimulationState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('running'),
  Type.Literal('completed'),
  Type.Literal('cancelled'),
  Type.Literal('failed'),
])

/** A post behind a figure. The first 200 have an excerpt, as long as the post is kept. */
export const SimulatedPost = Type.Object({ revisionId: Id, postId: Nullable(Id), excerpt: Nullable(Type.String()) })

const ChangedPosts = Type.Object({
  count: Count,
  posts: Type.Array(SimulatedPost, { description: 'at most 10,000; `count` counts all' }),
})

export const RuleFigures = Type.Object({
  ruleId: Type.String(),
  hits: Count,
  judgedTrue: Count,
  judgedFalse: Count,
  precision: Nullable(Type.Number({ description: 'true / (true + false) of what reviewers judged; null without any' })),
})

export const SimulationReport = Type.Object({
  complete: Type.Boolean({ description: 'false after a cancel: the figures then cover the posts judged so far' }),
  judged: Type.Integer({ minimum: 0, description: 'posts that the figures cover' }),
  kept: Type.Integer({
    minimum: 0,
    description: 'of `judged`: those whose verdict stands because no changed rule can touch them',
  }),
  failed: Type.Integer({ description: 'inputs that could not be judged; they count as review' }),
  matrix: Type.Object(
    { pass: VerdictCounts, review: VerdictCounts, block: VerdictCounts },
    { description: 'old verdict, then new verdict' },
  ),
  newlyBlocked: ChangedPosts,
  newlyAllowed: ChangedPosts,
  rules: Type.Array(RuleFigures, { description: 'hits of the draft; judgements of its hits in closed reviews' }),
  approvals: Type.Integer({ description: 'approvals that the draft would have asked for' }),
  reviewerHoursPerWeek: Type.Number(),
  assumption: Type.String({ description: 'what the hours were reckoned from' }),
})
export type SimulationReport = Static<typeof SimulationReport>

export const Simulation = Type.Object({
  simulationId: Id,
  state: SimulationState,
  cancelRequested: Type.Boolean(),
  requestedBy: Person,
  requestedAt: At,
  draftVersion: Type.String(),
  baseVersion: Nullable(Type.String()),
  from: Nullable(At),
  to: At,
  anew: Type.Boolean({ description: 'every post is judged, also one that no changed rule can touch' }),
  progress: Type.Object({ done: Count, total: Count }),
  startedAt: Nullable(At),
  finishedAt: Nullable(At),
  failure: Nullable(Type.String()),
})
export type Simulation = Static<typeof Simulation>

const simulationParams = Type.Object({ simulationId: Id })
const Period = { from: Type.Optional(At), to: Type.Optional(At) }

const Draft = {
  files: Type.Optional(Type.Array(PolicyFile, { minItems: 1, maxItems: 200 })),
  version: Type.Optional(Version),
  exclusions: Type.Optional(
    Type.Array(Type.Object({ ruleId: Type.String({ maxLength: 200 }), unless: Type.String({ maxLength: 500 }) }), {
      maxItems: 100,
      description: 'terms to add to `unless` of rules of the version (the active one when none is named)',
    }),
  ),
  ...Period,
}

export const createSimulation = endpoint({
  method: 'POST',
  url: '/api/policies/simulations',
  config: { permission: 'policy.simulate' },
  schema: {
    summary: 'Runs a draft over what was handed in before, in the background; give files, or a version, or exclusions',
    tags: ['policy'],
    body: Type.Object({
      ...Draft,
      anew: Type.Optional(
        Type.Boolean({
          description:
            'judges every post, also one that no changed rule can touch; else its verdict stands, because the same rules find the same',
        }),
      ),
    }),
    response: { 202: Type.Object({ simulationId: Id }) },
  },
})

export const findTouched = endpoint({
  method: 'POST',
  url: '/api/policies/touched',
  config: { permission: 'policy.simulate' },
  schema: {
    summary: 'Which posts a draft can touch compared with the active version, through an index; stores nothing',
    tags: ['policy'],
    body: Type.Object(Draft),
    response: {
      200: Type.Object({
        draftVersion: Type.String(),
        baseVersion: Nullable(Type.String()),
        changedRules: Type.Array(Type.String(), { description: 'new, gone, or judging otherwise' }),
        everything: Type.Array(Type.String(), {
          description: 'changed rules (or `routes`) that no word gives away: every post can be touched',
        }),
        count: Nullable({
          ...Count,
          description: 'posts that have a word of a changed rule: at least those hit; null where it is every post',
        }),
        isMore: Type.Boolean({
          description:
            'there may be more than `count`: of posts with such a word at most 3,000 are looked at, the newest first',
        }),
        sample: Type.Array(
          Type.Object({
            revisionId: Id,
            postId: Id,
            excerpt: Type.String(),
            before: Nullable(Verdict),
            after: Verdict,
          }),
          { description: 'the newest 50, judged under both versions' },
        ),
      }),
    },
  },
})

export const listSimulations = endpoint({
  method: 'GET',
  url: '/api/policies/simulations',
  config: { permission: 'policy.simulate' },
  schema: {
    summary: 'Simulations within one’s units, newest first',
    tags: ['policy'],
    querystring: Type.Object(PageQuery),
    response: { 200: Page(Simulation) },
  },
})

export const getSimulation = endpoint({
  method: 'GET',
  url: '/api/policies/simulations/:simulationId',
  config: { permission: 'policy.simulate' },
  schema: {
    summary: 'How far a simulation is, and what it found',
    tags: ['policy'],
    params: simulationParams,
    response: { 200: Type.Object({ ...Simulation.properties, report: Nullable(SimulationReport) }) },
  },
})

export const cancelSimulation = endpoint({
  method: 'POST',
  url: '/api/policies/simulations/:simulationId/cancel',
  config: { permission: 'policy.simulate' },
  schema: {
    summary: 'Stops a simulation within a batch; what it has so far is kept and labelled incomplete',
    tags: ['policy'],
    params: simulationParams,
    response: { 200: Simulation },
  },
})

export const readPrecision = endpoint({
  method: 'GET',
  url: '/api/policies/precision',
  config: { permission: 'policy.simulate' },
  schema: {
    summary: 'How right each rule was, as reviewers judged it, and what would spare its false hits',
    tags: ['policy'],
    querystring: Type.Object(Period),
    response: {
      200: Type.Object({
        suggestedFrom: Type.Union([At, Type.Null()], {
          description:
            'The exclusions are drawn from hits found from then on: the newest 50,000 of the period that reviewers judged; null where there are no more of them',
        }),
        rules: Type.Array(
          Type.Object({
            ...RuleFigures.properties,
            reviewerMinutes: Type.Number({
              description: 'from claim to decision, shared equally among the rules of a revision',
            }),
            exclusions: Type.Array(
              Type.Object({
                unless: Type.String({
                  description: 'a term for `unless` of the rule, or for `exclusions` of a simulation',
                }),
                falseHits: Count,
              }),
            ),
          }),
        ),
      }),
    },
  },
})

const ReplayedVerdict = Type.Object({
  verdict: Verdict,
  policyVersion: Type.String(),
  inputsHash: Type.String(),
  sha256: Type.String({ description: 'of the bytes' }),
  bytes: Type.String({
    description: 'canonical JSON of version, verdict, findings, stages, network fits, sample and trace',
  }),
})

export const replayVerdict = endpoint({
  method: 'POST',
  url: '/api/policies/replays',
  config: { permission: 'policy.replay' },
  schema: {
    summary: 'Reaches a past verdict again from its stored policy version and inputs, and compares the bytes',
    tags: ['policy'],
    body: Type.Object({
      evaluationId: Type.Optional(Id),
      revisionId: Type.Optional({ ...Id, description: 'its last verdict' }),
    }),
    response: {
      200: Type.Object({
        evaluationId: Id,
        revisionId: Id,
        occasion: Type.String(),
        evaluatedAt: At,
        same: Type.Boolean(),
        recorded: ReplayedVerdict,
        replayed: ReplayedVerdict,
      }),
    },
  },
})
