import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { ensureFirm } from '#server/identity/ensure-firm.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import { installShippedPolicy } from '#server/policies/install-shipped-policy.ts'
import type { PolicyFileSource } from '#server/policies/load-policy.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import { attemptPublications } from '#server/publishing/attempt-publications.ts'
import { capturePublications, confirmPublications } from '#server/publishing/confirm-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { retractPublications } from '#server/publishing/retract-post.ts'
import { createSandboxNetwork } from '#server/publishing/sandbox-network.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import type { Post } from '#shared/api/posts.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { startGateway, type GatewayOverrides, type TestGateway } from '#test/support/start-gateway.ts'

export interface Firm {
  readonly gateway: TestGateway
  readonly profileId: string
  readonly sandboxDirectory: string
}

/** A small policy whose every word the tests know: one block, one review, one note, one stage for all. */
export const testPolicy: readonly PolicyFileSource[] = [
  {
    path: 'test/rules.yaml',
    text: `policy: test
title: { en: Test, fr: Essai }
rules:
  - id: promise
    clause: FINRA 2210(d)(1)(B)
    severity: block
    any: ['guaranteed returns', 'rendement garanti']
    message: { en: Returns must not be promised., fr: Ne promettez pas de rendement. }
    suggestion: { en: State the aim and the risk., fr: "Dites l'objectif et le risque." }
    tests: [{ hit: "⟦guaranteed returns⟧" }, { pass: "returns" }]
  - id: outlook
    severity: review
    any: ['outlook']
    message: { en: An outlook needs a second look., fr: Une prévision demande un second regard. }
    tests: [{ hit: "our ⟦outlook⟧" }, { pass: "our view" }]
routes:
  - when: 'true'
    stages: [{ name: compliance, need: 1 }]
`,
  },
]

/** The whole server with a firm, an active policy and a connected Sandbox profile. */
export async function furnishFirm(
  t: TestContext,
  overrides: GatewayOverrides & { policy?: readonly PolicyFileSource[]; sandbox?: boolean } = {},
): Promise<Firm> {
  const { policy, sandbox: wanted = true, ...rest } = overrides
  const sandboxDirectory = await mkdtemp(join(tmpdir(), 'gateway-sandbox-'))
  const sandbox = createSandboxNetwork({ directory: sandboxDirectory, publicUrl: 'http://127.0.0.1:8080' })
  const gateway = await startGateway(t, { networks: new Map([['sandbox', sandbox]]), ...rest })
  const firm = await inTransaction(gateway.db, (tx) => ensureFirm(tx, gateway.clock.now()))
  await installShippedPolicy(gateway, policy ?? testPolicy)
  if (!wanted) return { gateway, profileId: '', sandboxDirectory }
  const profile = await registerProfile(gateway, systemActor, {
    network: 'sandbox',
    handle: 'meridian',
    displayName: 'Meridian',
    unitId: firm.id,
  })
  await connectProfile(gateway, systemActor, profile.profileId, { credential: 'test' })
  return { gateway, profileId: profile.profileId, sandboxDirectory }
}

/** What the jobs do, once each, in their order; several rounds until nothing moves. */
export async function runJobs(gateway: TestGateway, rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await planPublications(gateway)
    await releasePublications(gateway)
    const sealed = await sealOnce(gateway, { force: true })
    assert.ok(
      ['sealed', 'idle'].includes(sealed.state),
      `the sealer is ${sealed.state}: ${sealed.refusal?.sentence ?? String(sealed.cause)}`,
    )
    await attemptPublications(gateway)
    await confirmPublications(gateway)
    await capturePublications(gateway)
    await retractPublications(gateway)
    gateway.clock.advance(1_000)
  }
}

/** Simulates a version over everything, as it must be before a second person approves it; answers the simulation's id. */
export async function simulate(gateway: TestGateway, person: SignedIn, version: string): Promise<string> {
  const answer = await person.post('/api/policies/simulations', { version })
  assert.equal(answer.statusCode, 202, answer.body)
  await runSimulations(gateway)
  return answer.json<{ simulationId: string }>().simulationId
}

/** Submits a post and answers it; fails the test when the gateway did not take it. */
export async function submit(author: SignedIn, profileId: string, text: string, more: object = {}): Promise<Post> {
  const answer = await author.post('/api/posts', { text, profileIds: [profileId], submit: true, ...more })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json<Post>()
}

/** Approves the open review of a post with the hash that it shows, and says of each rule whether it was right. */
export async function approve(
  reviewer: SignedIn,
  post: Post,
  findingJudgements: Record<string, boolean> = {},
): Promise<void> {
  const review = post.reviews.find((candidate) => candidate.status === 'open')
  assert.ok(review, 'the post has no open review')
  const answer = await reviewer.post(`/api/reviews/${review.reviewId}/decision`, {
    outcome: 'approved',
    contentHash: post.contentHash,
    findingJudgements,
  })
  assert.equal(answer.statusCode, 200, answer.body)
}

export async function readPost(reader: SignedIn, postId: string): Promise<Post> {
  const answer = await reader.get(`/api/posts/${postId}`)
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json<Post>()
}
