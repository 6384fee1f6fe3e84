import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { isSamePerson } from '#server/identity/same-person.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import type { Post } from '#shared/api/posts.ts'
import { providerClient } from '#test/support/demo-provider.ts'
import { approve, furnishFirm, readPost, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'
import { sign, startLyingProvider } from './lying-provider.ts'
import { enterprise, person, startScim } from './scim-client.ts'

interface Said {
  readonly number?: string
  readonly mail?: string
  readonly second?: string
}

const described = (name: string, { number, mail, second }: Said) =>
  person(name, {
    userName: name,
    emails: [mail, second].filter((value) => value !== undefined).map((value) => ({ value })),
    ...(number === undefined ? {} : { [enterprise]: { employeeNumber: number } }),
  })

/** Enters accounts in this order, and tells which of two are one human being. */
async function enterAccounts(t: Parameters<typeof startScim>[0], accounts: Readonly<Record<string, Said>>) {
  const scim = await startScim(t)
  const ids: Record<string, string> = {}
  for (const [name, said] of Object.entries(accounts)) {
    const made = await scim.send('POST', '/Users', described(name, said))
    assert.equal(made.statusCode, 201, made.body)
    ids[name] = made.json().id
  }
  const same = async (one: string, other: string) => {
    const there = await isSamePerson(scim.gateway.db, ids[one]!, ids[other]!)
    assert.equal(await isSamePerson(scim.gateway.db, ids[other]!, ids[one]!), there, 'either way round')
    return there
  }
  return { ...scim, ids, same }
}

const pairs: readonly [title: string, one: Said, other: Said, same: boolean][] = [
  [
    'one number, two addresses',
    { number: '17', mail: 'a@firm.example' },
    { number: '17', mail: 'b@firm.example' },
    true,
  ],
  ['one address, no number', { mail: 'a@firm.example' }, { mail: 'a@firm.example' }, true],
  ['one address, one number missing', { number: '17', mail: 'a@firm.example' }, { mail: 'a@firm.example' }, true],
  [
    'one mailbox, two numbers',
    { number: '17', mail: 'a@firm.example' },
    { number: '18', mail: 'a@firm.example' },
    false,
  ],
  ['nothing in common', { number: '17', mail: 'a@firm.example' }, { mail: 'b@firm.example' }, false],
  ['nothing said of either', {}, {}, false],
  ['an address in other letters', { mail: 'Ａna@Firm.example' }, { mail: 'ana@firm.EXAMPLE' }, true],
  ['a number with zeros and spaces before', { number: ' 0017' }, { number: '17' }, true],
  [
    'an address that is the second of one',
    { mail: 'a@firm.example', second: 'b@firm.example' },
    { mail: 'b@firm.example' },
    true,
  ],
]
for (const [title, one, other, expected] of pairs)
  test(`${title}: ${expected ? 'one person' : 'two people'}, whichever came first (FIN-12)`, async (t) => {
    for (const accounts of [
      { one, other },
      { other, one },
    ])
      assert.equal(await (await enterAccounts(t, accounts)).same('one', 'other'), expected)
  })

test('an account without a number in a shared mailbox is each of its people, who stay two', async (t) => {
  const mail = 'desk@firm.example'
  const { same } = await enterAccounts(t, {
    ana: { number: '17', mail },
    bob: { number: '18', mail },
    unknown: { mail },
  })
  assert.deepEqual(
    [await same('ana', 'bob'), await same('unknown', 'ana'), await same('unknown', 'bob')],
    [false, true, true],
  )
})

test('a chain of accounts is one person as long as it meets one number', async (t) => {
  const { same } = await enterAccounts(t, {
    first: { mail: 'a@firm.example' },
    link: { number: '17', mail: 'a@firm.example', second: 'b@firm.example' },
    last: { mail: 'b@firm.example', second: 'c@firm.example' },
    stranger: { number: '18', mail: 'c@firm.example' },
  })
  assert.deepEqual(
    [await same('first', 'last'), await same('first', 'stranger'), await same('last', 'stranger')],
    [true, false, true],
  )
  assert.equal(await same('link', 'stranger'), false)
})

test('what was said once joins accounts for good, and only numbers of today keep two apart (FIN-12)', async (t) => {
  const mail = 'a@firm.example'
  const { same, ids, send } = await enterAccounts(t, { one: { mail, number: '17' }, other: { mail, number: '18' } })
  const put = async (name: string, said: Said) => {
    const answer = await send('PUT', `/Users/${ids[name]}`, described(name, said))
    assert.equal(answer.statusCode, 200, answer.body)
    return same('one', 'other')
  }
  assert.equal(
    await put('other', { mail: 'b@firm.example' }),
    true,
    'neither the number nor the address stands any more',
  )
  assert.equal(await put('other', { mail: 'b@firm.example', number: '18' }), false)
  assert.equal(await put('other', { number: '17' }), true)
  assert.equal(await put('other', { number: '19' }), false, 'the number was mended')
  await send('DELETE', `/Users/${ids['other']}`)
  assert.equal(await same('one', 'other'), false, 'who was removed is who they were')
})

async function idsOf(...people: SignedIn[]): Promise<string[]> {
  return Promise.all(people.map(async (who) => (await who.get('/api/me')).json<{ userId: string }>().userId))
}

const setNumber = (gateway: TestGateway, number: string | null, ...userIds: string[]) =>
  gateway.db.updateTable('app_user').set({ employee_number: number }).where('id', 'in', userIds).execute()

const decisionRow = (gateway: TestGateway, post: Post, reviewer: string, last: number) => ({
  id: `01a00000-0000-7000-8000-00000000000${last}`,
  review_id: post.reviews[0]!.reviewId,
  reviewer_id: reviewer,
  author_id: post.author.userId,
  outcome: 'approved',
  content_hash: post.contentHash,
  record_id: post.reviews[0]!.reviewId,
  decided_at: gateway.clock.now(),
})

test('the author’s other account neither takes a review in hand, nor is handed it, nor decides it in the database (FIN-12)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, 'We open in Lyon.')
  const [camilleId, inesId] = (await idsOf(camille, ines)) as [string, string]
  await setNumber(gateway, '17', camilleId, inesId)
  const url = `/api/reviews/${post.reviews[0]!.reviewId}`
  for (const answer of [await ines.post(`${url}/claim`), await tom.post(`${url}/delegate`, { userId: inesId })])
    assert.deepEqual([answer.statusCode, answer.json().code], [403, 'own_post'], answer.body)
  assert.match((await ines.post(`${url}/claim`)).json().detail, /share an e-mail address or an employee number/)
  await assert.rejects(
    gateway.db
      .insertInto('review_decision')
      .values(decisionRow(gateway, post, inesId, 1))
      .execute(),
    /nobody reviews their own work/,
  )
  await setNumber(gateway, '18', inesId)
  assert.equal((await ines.post(`${url}/claim`)).statusCode, 200, 'two numbers are two people')
})

test('two accounts of one reviewer are one approval in the database too (FIN-12)', async (t) => {
  const policy = testPolicy.map(({ path, text }) => ({ path, text: text.replace('need: 1', 'need: 2') }))
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, 'We open in Lyon.')
  await approve(ines, post)
  const [inesId, tomId] = (await idsOf(ines, tom)) as [string, string]
  await setNumber(gateway, '17', inesId, tomId)
  const twin = gateway.db.insertInto('review_decision').values(decisionRow(gateway, post, tomId, 2))
  await assert.rejects(twin.execute(), /two approvals are two people/)
})

test('an approver who turns out to be the author by another account holds the post at the gate (FIN-12)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open in Lyon.')
  await approve(ines, post)
  await setNumber(gateway, '17', ...(await idsOf(camille, ines)))
  await planPublications(gateway)
  await releasePublications(gateway)
  const [publication] = (await readPost(camille, post.postId)).publications
  assert.deepEqual([publication?.status, publication?.lastError], ['failed', 'The author stands among the approvers.'])
})

test('neither a policy version nor a change of roles is decided by one person with two accounts, in the database (FIN-12)', async (t) => {
  const gateway = await startGateway(t)
  const [ada, ines, ruth] = [await gateway.signIn('ada'), await gateway.signIn('ines'), await gateway.signIn('ruth')]
  const [adaId, inesId, ruthId] = (await idsOf(ada, ines, ruth)) as [string, string, string]
  const { version } = (await ada.post('/api/policies/versions', { files: testPolicy })).json()
  const unitId = (await ada.get('/api/me')).json().unit.unitId
  const wish = { action: 'grant', reason: 'x', userId: ruthId, role: 'policy_owner', unitId }
  const { changeId } = (await ada.post('/api/roles/changes', wish)).json()
  await setNumber(gateway, '17', adaId, inesId)
  const approved = gateway.db.updateTable('policy_version').set({ approved_by: inesId }).where('version', '=', version)
  await assert.rejects(approved.execute(), /nobody approves their own policy version/)
  const now = gateway.clock.now()
  const decided = gateway.db
    .updateTable('role_change')
    .set({ decided_by: inesId, decided_at: now, outcome: 'approved' })
    .where('id', '=', changeId)
  await assert.rejects(decided.execute(), /takes two people/)
})

test('a provider that sends employee numbers keeps people of one mailbox apart', async (t) => {
  const provider = await startLyingProvider(t)
  const oidc = {
    issuer: provider.issuer,
    ...providerClient,
    groupsClaim: 'groups',
    groupRoles: demoGroupRoles,
    scope: 'openid profile email groups',
  }
  const gateway = await startGateway(t, { config: { oidc: { ...oidc, employeeClaim: 'employee_number' } } })
  const numbers: Record<string, unknown> = { ines: 17, tom: '18' }
  provider.lie((claims, { kid }) =>
    sign({ ...claims, email: 'desk@firm.example', employee_number: numbers[claims.sub!] }, provider.key, { kid }),
  )
  const [ines, tom, ruth] = await idsOf(
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('ruth'),
  )
  assert.equal(await isSamePerson(gateway.db, ines!, tom!), false)
  assert.equal(await isSamePerson(gateway.db, ruth!, tom!), true, 'who has no number may be anybody of the mailbox')
})
