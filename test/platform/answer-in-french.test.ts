import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { frenchTables, hole, sayInFrench } from '#server/platform/french/say-in-french.ts'
import { withClient } from '#server/platform/with-client.ts'
import { policyFilesInFrench } from '#server/platform/french/policy-files.ts'
import { titles } from '#server/platform/french/problems.ts'
import type { Post } from '#shared/api/posts.ts'
import { errorStatus } from '#shared/error-code.ts'
import { approve, furnishFirm, runJobs, submit } from '#test/support/furnish-firm.ts'
import { readSourceTexts } from '#test/support/source-sentences.ts'
import { startGateway } from '#test/support/start-gateway.ts'

const french = { 'accept-language': 'fr' }

test('Every error code has a French title', () => {
  for (const code of Object.keys(errorStatus)) assert.ok(titles[code as keyof typeof titles], code)
})

/** Whom these files speak to is not at the console, or they bring both languages themselves. */
const spokenElsewhere: readonly RegExp[] = [
  /^(embedded|commands)\//, // the operator's terminal; the sandbox has words of its own
  /^platform\/(french\/|migrate|read-config|setting-reader|create-ed25519-signer|secret-box|read-migration)/, // the operator
  /^platform\/openapi/, // the contract’s own text
  /^platform\/answer-malformed/, // who sends no HTTP request has stated no language
  /^identity\/(scim-|change-scim|provision-scim|run-scim|fetch-provider|follow-claim|relying-party)/, // provisioning programs, the log
  /^archive\/(rebuild-archive|bucket-records|directory-object-store|s3-object-store|entry|sealed-body|seal-objects|log-queries|start-archive-thread|seal-and-tell|summarise-)/, // the log
  /^exports\/(bucket-|make-bucket-|enter-export)/, // the package, the operator's terminal
  /^exports\/(make-package|media-files|tell-|verify-|read-zip|page-words|package-readme|post-stories|line-batch|tree-range|leaf-block|log-source|write-|prove-)/, // the package
  /^policies\/(compile-simple|lint-|run-policy|check-text|policy-|load-policy-aside|compiled|matcher\/(?!parse-term))/, // the terminal, the log
  /^policies\/(default-message|unknown-fact|paint-evaluation|detectors\/)/, // both languages
]
const isSentence = /^["“{]*[A-Z{].* .*([.?!]|: \{\}|\{\})$/s

test('Every sentence that a person can meet in the console has French words', async () => {
  const texts = await readSourceTexts('src/server')
  const untold = texts.filter(({ file, text }) => {
    if (!file.includes('/') || spokenElsewhere.some((pattern) => pattern.test(file))) return false
    if (!isSentence.test(text) || text.replaceAll('{}', '').replaceAll(/[^a-zA-Z]/g, '').length < 12) return false
    // A mistake of ours: the server does not start.
    if (text.includes('names no permission')) return false
    // What a thread ended with is for the log: its caller answers `internal`.
    if (/^(A|The) (verifying )?thread /.test(text)) return false
    const example = text.replaceAll('{}', '7')
    return sayInFrench(example) === example
  })
  assert.deepEqual(
    untold.map(({ file, text }) => `${file}: ${text}`),
    [],
  )
})

test('No French words are kept for a sentence that the server no longer says', async () => {
  const said = new Set((await readSourceTexts('src/server')).flatMap(({ text }) => [text, text.trim()]))
  const all = frenchTables.flatMap((table) => Object.keys(table))
  // The validator’s words come from a package, and these are put together from two parts.
  const composed = /^(The file|Item \{number\} of "\{name\}"|"\{name\}") \{sentence\}\. Write/
  const unsaid = all.filter(
    (english) =>
      !/^(must |is not valid)/.test(english) && !composed.test(english) && !said.has(english.replaceAll(hole, '{}')),
  )
  assert.deepEqual(unsaid, [])
})

test('The French sentence has each value of the English one and the French spaces', () => {
  for (const table of frenchTables) {
    for (const [english, words] of Object.entries(table)) {
      assert.deepEqual((words.match(hole) ?? []).toSorted(), (english.match(hole) ?? []).toSorted(), english)
      // What a policy file says stands in its own spelling.
      const wrong = table === policyFilesInFrench ? / [;?»]|« / : / [;:?!»]|« |[a-zé]: |'/
      assert.doesNotMatch(words.replaceAll('Authorization: ', ''), wrong, words)
    }
  }
})

test('A general sentence does not swallow a special one, and a person’s own words stay as they are', () => {
  assert.equal(
    sayInFrench('The post is empty. Write something first.'),
    'La publication est vide. Écrivez d’abord quelque chose.',
  )
  assert.equal(sayInFrench('The post is in_review.'), 'L’état de la publication\u00a0: en examen.')
  assert.equal(
    sayInFrench(
      'The post is not deleted yet: Bluesky did not answer: The server did not answer in time. The network is asked again.',
    ),
    'La publication n’est pas encore supprimée\u00a0: Bluesky n’a pas répondu\u00a0: Le serveur n’a pas répondu à temps. Le réseau sera interrogé de nouveau.',
  )
  assert.equal(
    sayInFrench('A post that is published can no longer be withdrawn. Retract it instead.'),
    'Une publication à l’état «\u00a0publié\u00a0» ne peut plus être retirée. Rétractez-la plutôt.',
  )
  assert.equal(sayInFrench('A stop is engaged: Stop the presses.'), 'Un arrêt est déclenché\u00a0: Stop the presses.')
  assert.equal(
    sayInFrench('"sevrity" is not known here. Did you mean "severity"? Known here: id, severity.'),
    '"sevrity" n’est pas connu ici. Vouliez-vous dire "severity"\u202f? Connus ici\u00a0: id, severity.',
  )
  assert.equal(
    sayInFrench('"rules" must NOT have fewer than 1 items. Write a list of rules, each beginning with "- id:".'),
    '"rules" doit compter au moins 1 éléments. Écrivez une liste de règles, chacune commençant par "- id:".',
  )
  assert.equal(
    sayInFrench('The slot is 2026-03-09T09:00:00.000Z.'),
    'Le créneau est fixé au 9 mars 2026, 09:00:00 UTC.',
  )
  assert.equal(sayInFrench('Please soften this.'), 'Please soften this.')
})

test('A refusal is said in the language that is asked for, with the same code', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  const ask = (url: string, headers: Record<string, string>) => camille.inject({ method: 'GET', url, headers })
  const url = '/api/posts/018f0000-0000-7000-8000-000000000000'
  const told = (await ask(url, french)).json<{ code: string; title: string; detail: string }>()
  assert.deepEqual(
    [told.code, told.title, told.detail],
    ['not_found', 'Introuvable', 'Cette publication n’existe pas.'],
  )
  assert.equal((await ask(url, { 'accept-language': 'en' })).json().detail, 'No such post.')
  assert.equal((await ask(url, {})).json().detail, 'No such post.')
  const wrong = (await ask('/api/posts?limit=0', french)).json()
  assert.equal(wrong.detail, 'querystring.limit doit valoir au moins 1.')
  assert.equal(wrong.problems[0].message, 'doit valoir au moins 1')
  const nowhere = (await ask('/api/nowhere', french)).json()
  assert.match(nowhere.detail, /^Il n’y a rien à l’adresse GET \/api\/nowhere/)
  const stranger = await gateway.app.inject({ method: 'GET', url, headers: french })
  assert.match(stranger.json().detail, /^Connectez-vous d’abord/)
})

test('Why content was destroyed is said in French in the list of what was destroyed too', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const id = '018f0000-0000-7000-8000-000000000000'
  const done = `insert into archive.disposition (dispose_month, disposed_at, bodies, certificate_id, reason)
    values ('2020-03-01', '2026-11-02T03:00:00Z', 3, '${id}', 'Retention ended: mifid-5y')`
  await withClient(gateway.config.database.ownerUrl!, (client) => client.query(done))
  const { dispositions } = (await ruth.inject({ method: 'GET', url: '/api/retention', headers: french })).json<{
    dispositions: { reason: string }[]
  }>()
  assert.deepEqual(
    dispositions.map(({ reason }) => reason),
    ['Fin de la conservation\u00a0: mifid-5y'],
  )
})

test('A stored reason is read in both languages, and the archived bytes are the same for both', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, ruth] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ruth'),
  ]
  const post = await submit(camille, profileId, 'Nothing special')
  const { postId } = post
  await approve(ines, post)
  assert.equal((await ines.post('/api/stops', { scope: 'everything', reason: 'Under attack' })).statusCode, 201)
  await runJobs(gateway)
  const read = async (language: string) =>
    (
      await camille.inject({ method: 'GET', url: `/api/posts/${postId}`, headers: { 'accept-language': language } })
    ).json<Post>()
  const [english, said] = [await read('en'), await read('fr')]
  assert.equal(english.publications[0]?.lastError, 'A stop is engaged: Under attack')
  assert.equal(said.publications[0]?.lastError, 'Un arrêt est déclenché\u00a0: Under attack')
  const reason = (post: Post) => post.timeline.find((entry) => entry.type === 'publication.refused')
  assert.equal(reason(english)?.summary['sentence'], 'A stop is engaged: Under attack')
  assert.equal(reason(said)?.summary['sentence'], 'Un arrêt est déclenché\u00a0: Under attack')
  const url = `/api/archive/records/${reason(said)!.recordId}`
  const [one, other] = [
    await ruth.inject({ method: 'GET', url, headers: french }),
    await ruth.inject({ method: 'GET', url, headers: { 'accept-language': 'en' } }),
  ]
  assert.equal(one.json().body, other.json().body)
  const { rows } = await sql<{ last_error: string }>`select last_error from publication`.execute(gateway.db)
  assert.deepEqual(rows, [{ last_error: 'A stop is engaged: Under attack' }])
})
