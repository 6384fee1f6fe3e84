import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Content } from '#server/policies/judge-content.ts'
import { contentHash, sha256, type Target } from '#server/posts/post-content.ts'
import { toStoredContent, type EvaluationRow, type PostRow, type RevisionRow } from '#server/posts/stored-post.ts'
import type { GateReview } from '#server/publishing/gate-rows.ts'
import type { PublicationRow } from '#server/publishing/queries.ts'
import { refuseRelease, type GateState, type Refusal } from '#server/publishing/release-gate.ts'

const now = '2026-03-02T09:00:00.000Z'
const before = '2026-03-02T08:00:00.000Z'
const payload = '{"text":"We open on Monday."}'
const target: Target = {
  profileId: 'profile',
  network: 'sandbox',
  payload,
  payloadSha256: sha256(payload),
  refusal: null,
}
const elsewhere: Target = { ...target, profileId: 'elsewhere', payload: '{}', payloadSha256: sha256('{}') }
const revision = withHash({
  revisionId: 'revision',
  postId: 'post',
  number: 1,
  text: 'We open on Monday.',
  thread: ['See you there.'],
  format: 'video',
  audience: 'public',
  language: 'en',
  links: [{ url: 'https://demo.example/', text: 'our page' }],
  media: [{ mediaId: 'media', sha256: 'a'.repeat(64), mimeType: 'image/png', size: 1, altText: 'The door.' }],
  sources: [{ claim: 'on Monday', url: 'https://demo.example/plan', note: 'the plan' }],
  profileIds: ['elsewhere', 'profile'],
  targets: [elsewhere, target],
  scheduledAt: null,
  communicationClass: 'retail',
  isStatic: true,
  topics: ['branch'],
  contentHash: '',
  createdBy: 'author',
  createdAt: before,
})

function withHash(row: RevisionRow): RevisionRow {
  return { ...row, contentHash: contentHash(toStoredContent(row), row.targets) }
}

const approval = (reviewerId: string, more: object = {}) => ({
  reviewerId,
  accounts: [reviewerId],
  outcome: 'approved',
  contentHash: revision.contentHash,
  ...more,
})
const reviewOf = (stageIndex: number, stage: string, decisions: GateReview['decisions']): GateReview => ({
  stage,
  stageIndex,
  status: 'approved',
  qualification: null,
  unit: null,
  decisions,
})
const [line, principal] = [
  reviewOf(0, 'line', [approval('ines')]),
  reviewOf(1, 'principal', [approval('tom'), approval('ruth')]),
]

/** A publication of which everything is in order: two stages, the second of two people. */
const sound: GateState = {
  now,
  post: { postId: 'post', authorId: 'author', status: 'approved', currentRevisionId: 'revision' } as PostRow,
  revision,
  evaluation: {
    policyVersion: 'policy',
    verdict: 'review',
    requiredStages: [
      { name: 'line', need: 1 },
      { name: 'principal', need: 2 },
    ],
    evaluatedAt: before,
  } as unknown as EvaluationRow,
  reviews: [line, principal],
  publication: {
    revisionId: 'revision',
    profileId: 'profile',
    payloadSha256: sha256(payload),
    stampedPayload: null,
    releaseRecordId: null,
    retractRequestedBy: null,
    dueAt: now,
  } as PublicationRow,
  activeVersion: 'policy',
  profileStatus: 'connected',
  engagedStop: undefined,
  authorAccounts: ['author', 'a second account of the author'],
  release: undefined,
}

test('What is approved by every stage, judged, due, and unchanged passes the gate', () => {
  for (const status of [
    'approved',
    'scheduled',
    'publishing',
    'partly_published',
    'unconfirmed',
    'stopped',
    'failed',
    'published',
  ] as const)
    assert.equal(refuseRelease({ ...sound, post: { ...sound.post, status } }), undefined, status)
  assert.equal(refuseRelease({ ...sound, ...released() }), undefined, 'what was let out may be sent again')
  const asked = { name: 'line', need: 1, qualification: 'finra-principal', unit: 'legal' }
  const reviews = [{ ...line, qualification: 'finra-principal', unit: 'legal' }]
  assert.equal(refuseRelease({ ...sound, reviews, evaluation: { ...evaluation, requiredStages: [asked] } }), undefined)
})

const evaluation = sound.evaluation!
const slot = withHash({ ...revision, scheduledAt: now })
const slotReviews = [line, principal].map((review) => ({
  ...review,
  decisions: review.decisions.map((decision) => ({ ...decision, contentHash: slot.contentHash })),
}))
const targets = (...rows: Target[]) => withHash({ ...revision, targets: rows })
/** The same approvals, of another revision's content. */
const approving = (other: RevisionRow): Partial<GateState> => ({
  revision: other,
  reviews: sound.reviews.map((review) => ({
    ...review,
    decisions: review.decisions.map((decision) => ({ ...decision, contentHash: other.contentHash })),
  })),
})

const release = { recordId: 'record', payload: '{"text":"We open on Monday.","at":1}' }
/** Released once and to be sent again. */
const released = (change: Partial<PublicationRow> = {}): Partial<GateState> => ({
  release,
  publication: { ...sound.publication, stampedPayload: release.payload, releaseRecordId: 'record', ...change },
})

type Refused = readonly [name: string, change: Partial<GateState>, because: Refusal['because'], sentence: RegExp]

const refused: readonly Refused[] = [
  ['a newer revision', { post: { ...sound.post, currentRevisionId: 'newer' } }, 'cancelled', /A newer revision/],
  ...(
    ['draft', 'in_review', 'blocked', 'changes_requested', 'rejected', 'withdrawn', 'expired', 'retracted'] as const
  ).map((status): Refused => [
    `a post that is ${status}`,
    { post: { ...sound.post, status } },
    'cancelled',
    new RegExp(status),
  ]),
  ['a release of which the database knows nothing', { release }, 'restored', /released before/],
  ['a post that was sent back after its release', released({ status: 'publishing' }), 'cancelled', /was sent back/],
  ['what its author takes back', released({ retractRequestedBy: 'author' }), 'cancelled', /takes the post back/],
  [
    'bytes that are not those of the release',
    released({ stampedPayload: '{}' }),
    'tampered',
    /not the one that was let out/,
  ],
  ['bytes under the record of another release', released({ releaseRecordId: 'other' }), 'tampered', /was let out/],
  ['bytes without a release', { ...released(), release: undefined }, 'tampered', /was let out/],
  [
    'bytes without the name of a release',
    { ...released({ releaseRecordId: null }), release: undefined },
    'tampered',
    /let out/,
  ],
  ['an engaged stop', { engagedStop: { stopId: 'stop', reason: 'Market event' } }, 'stopped', /Market event/],
  ['a text that is not what was hashed', { revision: { ...revision, text: 'Buy.' } }, 'tampered', /what its hash says/],
  ['no payload', approving(targets({ ...target, payload: null })), 'tampered', /payload/],
  ['no target for the profile', approving(targets(elsewhere)), 'tampered', /payload/],
  ['another payload under the old digest', approving(targets({ ...target, payload: '{}' })), 'tampered', /payload/],
  [
    'a target that is whole and not what the publication was made for',
    approving(targets({ ...target, payload: '{}', payloadSha256: sha256('{}') })),
    'tampered',
    /payload/,
  ],
  ['no verdict', { evaluation: undefined }, 'unjudged', /judged anew/],
  ['no active policy', { activeVersion: undefined }, 'unjudged', /judged anew/],
  ['neither a verdict nor an active policy', { evaluation: undefined, activeVersion: undefined }, 'unjudged', /anew/],
  ['a verdict of an older policy', { activeVersion: 'newer' }, 'unjudged', /judged anew/],
  ['a verdict of before the slot', { revision: slot, reviews: slotReviews }, 'unjudged', /for it/],
  ['a verdict that blocks', { evaluation: { ...evaluation, verdict: 'block' } }, 'unapproved', /Policy blocks/],
  ['no review at all', { reviews: [] }, 'unapproved', /“line” has 0 of 1/],
  [
    'a stage without its second person',
    { reviews: [line, reviewOf(1, 'principal', [approval('tom')])] },
    'unapproved',
    /“principal” has 1 of 2/,
  ],
  [
    'one person who counts twice',
    { reviews: [line, reviewOf(1, 'principal', [approval('tom'), approval('tom')])] },
    'unapproved',
    /1 of 2/,
  ],
  [
    'approvals of another stage',
    { reviews: [line, { ...principal, stageIndex: 0 }] },
    'unapproved',
    /“principal” has 0 of 2/,
  ],
  [
    'approvals of a stage with another name',
    { reviews: [line, { ...principal, stage: 'sampled' }] },
    'unapproved',
    /“principal” has 0 of 2/,
  ],
  [
    'approvals of the stage as another policy had it, without the right that this one asks for',
    { evaluation: { ...evaluation, requiredStages: [{ name: 'line', need: 1, qualification: 'finra-principal' }] } },
    'unapproved',
    /“line” has 0 of 1/,
  ],
  [
    'approvals of the stage as another policy had it, from any unit',
    { evaluation: { ...evaluation, requiredStages: [{ name: 'line', need: 1, unit: 'legal' }] } },
    'unapproved',
    /“line” has 0 of 1/,
  ],
  [
    'two accounts that became known as one person’s',
    { reviews: [line, reviewOf(1, 'principal', [approval('tom', { accounts: ['tom', 'ruth'] }), approval('ruth')])] },
    'unapproved',
    /1 of 2/,
  ],
  ['a review that is open again', { reviews: [line, { ...principal, status: 'open' }] }, 'unapproved', /0 of 2/],
  [
    'a decision that is not an approval',
    { reviews: [line, reviewOf(1, 'principal', [approval('tom'), approval('ruth', { outcome: 'rejected' })])] },
    'unapproved',
    /1 of 2/,
  ],
  [
    'an approval of other content',
    { reviews: [line, reviewOf(1, 'principal', [approval('tom'), approval('ruth', { contentHash: 'other' })])] },
    'unapproved',
    /1 of 2/,
  ],
  ['the author among the approvers', { authorAccounts: ['ruth'] }, 'tampered', /The author stands/],
  ['another account of the author’s there', { authorAccounts: ['author', 'ines'] }, 'tampered', /The author stands/],
  ['a slot to come', { publication: { ...sound.publication, dueAt: '2026-03-02T09:00:00.001Z' } }, 'early', /The slot/],
  [
    'a profile without its credential',
    { profileStatus: 'needs_reauthorisation' },
    'profile',
    /needs reauthorisation; an administrator/,
  ],
]

for (const [name, change, because, sentence] of refused) {
  test(`The gate refuses ${name}`, () => {
    const refusal = refuseRelease({ ...sound, ...change })
    assert.equal(refusal?.because, because)
    assert.match(refusal.sentence, sentence)
  })
}

test('A verdict of the slot itself is late enough, and before the slot an early verdict is not asked anew', () => {
  const due = { ...sound, revision: slot, reviews: slotReviews }
  assert.equal(refuseRelease({ ...due, evaluation: { ...evaluation, evaluatedAt: now } }), undefined)
  const waiting = { ...due, now: before, evaluation: { ...evaluation, evaluatedAt: '2026-03-02T07:00:00.000Z' } }
  assert.equal(refuseRelease(waiting)?.because, 'early')
})

const content = toStoredContent(revision)
const [link, item, source] = [content.links[0]!, content.media[0]!, content.sources[0]!]
const edits: { readonly [name: string]: Partial<Content> } = {
  'the text': { text: 'We open on Tuesday.' },
  'an item of the thread': { thread: ['See you there!'] },
  'no thread': { thread: [] },
  'the format': { format: 'story' },
  'the audience': { audience: 'friends' },
  'the language': { language: 'fr' },
  'the address of a link': { links: [{ ...link, url: 'https://other.example/' }] },
  'the words of a link': { links: [{ ...link, text: 'their page' }] },
  'one link more': { links: [link, link] },
  'the bytes of a picture': { media: [{ ...item, sha256: 'b'.repeat(64) }] },
  'what a picture is said to show': { media: [{ ...item, altText: 'The window.' }] },
  'the claim of a source': { sources: [{ ...source, claim: 'on Tuesday' }] },
  'the address of a source': { sources: [{ ...source, url: 'https://other.example/' }] },
  'the note of a source': { sources: [{ ...source, note: 'another plan' }] },
  'the time': { scheduledAt: now },
  'the class': { communicationClass: 'institutional' },
  'what is static': { isStatic: false },
  'the topics': { topics: [] },
}

test('Any edit, however small, is another content hash, to which no approval binds (SEC-7)', () => {
  const hashes = [
    revision.contentHash,
    ...Object.values(edits).map((edit) => contentHash({ ...content, ...edit }, revision.targets)),
    contentHash(content, [elsewhere]),
    contentHash(content, [elsewhere, { ...target, profileId: 'another' }]),
    contentHash(content, [elsewhere, { ...target, network: 'mastodon' }]),
    contentHash(content, [elsewhere, { ...target, payloadSha256: 'c'.repeat(64) }]),
  ]
  const names = ['as it was', ...Object.keys(edits), 'a target less', 'its profile', 'its network', 'its payload']
  assert.equal(hashes.length, names.length)
  names.forEach((name, index) => assert.equal(hashes.indexOf(hashes[index]!), index, name))
})

test('A post without thread, format and audience has the hash that it had before there were any', () => {
  const plain: Content = {
    ...content,
    thread: [],
    format: null,
    audience: null,
    links: [{ url: 'https://demo.example/' }],
    media: [],
    sources: [],
    topics: [],
  }
  assert.equal(
    contentHash(plain, [target]),
    sha256(
      `{"communicationClass":"retail","language":"en","links":[{"text":null,"url":"https://demo.example/"}],"media":[],"scheduledAt":null,"sources":[],"static":true,"targets":[{"network":"sandbox","payloadSha256":"${sha256(payload)}","profileId":"profile"}],"text":"We open on Monday.","topics":[],"v":1}`,
    ),
  )
})
