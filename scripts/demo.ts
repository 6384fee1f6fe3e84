import { parseArgs } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { demoColleagues } from '#server/embedded/demo-colleagues.ts'
import { demoPassword, demoPeople } from '#server/embedded/demo-people.ts'
import { embeddedDirectory, readPorts } from '#server/embedded/start-embedded.ts'
import { createUnit, getMe, listUnits } from '#shared/api/identity.ts'
import { updateUnit } from '#shared/api/people.ts'
import { getPost, listPosts } from '#shared/api/posts.ts'
import { connectProfile, createProfile, listProfiles } from '#shared/api/profiles.ts'
import { engageStop, listStops } from '#shared/api/publishing.ts'
import { DemoError, signIn, type DemoPersonSession } from './demo-client.ts'
import { demoFirmName, demoProfiles, demoUnits, planPosts, stoppedProfile, type PlannedPost } from './demo-plan.ts'
import { drivePost, retractPlanned, revisedText, type DemoFirm } from './drive-post.ts'
import { showProgress } from './show-progress.ts'

const usage = `Fills a running evaluation gateway with a believable firm, through its public API.

  npm run demo [-- ADDRESS] [-- --posts NUMBER]      ADDRESS is what npm start printed last in this folder, unless given

Run it as often as you like: what is there already is left alone.`

/** Posts written at once. */
const hands = 4

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { posts: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help === true) return console.log(usage)
  const gateway = positionals[0] ?? (await lastAddress())
  await checkReady(gateway)
  const planned = planPosts(Number(values.posts ?? 320))

  const ada = await signIn(gateway, 'ada', demoPassword)
  if (!(await ada.call(getMe)).embedded)
    throw new DemoError('This gateway is not the evaluation set-up: demo data does not belong there.')
  await enterUnits(ada)
  const people = await signInEverybody(gateway, ada)
  const firm: DemoFirm = { people, profileIds: await enterProfiles(ada) }
  await engageDemoStop(people.get('ines')!, firm)

  const known = await findKnown(firm, planned)
  await forEach('Posts written and decided', planned, (post) => drivePost(firm, post, known.get(post.key)))
  await waitForPublishing(people.get('ruth')!)
  await retractSome(firm, planned)
  await tellResult(gateway, people.get('ruth')!)
}

/** Where the evaluation gateway of this folder was started last. */
async function lastAddress(): Promise<string> {
  const ports = await readPorts(embeddedDirectory({ dataDirectory: process.env['GATEWAY_DATA_DIRECTORY'] }))
  return `http://127.0.0.1:${ports.gateway ?? 8080}`
}

async function checkReady(gateway: string): Promise<void> {
  const answer = await fetch(new URL('/readyz', gateway)).catch(() => undefined)
  if (answer === undefined)
    throw new DemoError(
      `Nothing answers at ${gateway}. Start the gateway with npm start, or give its address: npm run demo -- http://127.0.0.1:8080`,
    )
  if (!answer.ok) throw new DemoError(`The gateway at ${gateway} is not ready: ${await answer.text()}`)
}

async function enterUnits(ada: DemoPersonSession): Promise<void> {
  const known = new Map((await ada.call(listUnits)).items.map((unit) => [unit.slug, unit.unitId]))
  const firm = (await ada.call(listUnits)).items.find((unit) => unit.parentId === null)!
  if (firm.name === 'Firm')
    await ada.call(updateUnit, { params: { unitId: firm.unitId }, body: { name: demoFirmName } })
  for (const { slug, name, parent } of demoUnits) {
    if (known.has(slug)) continue
    const parentId = parent === undefined ? firm.unitId : known.get(parent)!
    known.set(slug, (await ada.call(createUnit, { body: { parentId, name, slug }, key: `demo-unit-${slug}` })).unitId)
  }
}

/** After the units, so that everybody lands in their own. */
async function signInEverybody(gateway: string, ada: DemoPersonSession): Promise<Map<string, DemoPersonSession>> {
  const people = new Map([['ada', ada]])
  const others = [...demoPeople, ...demoColleagues].filter(({ login }) => login !== 'ada')
  const progress = showProgress('People signed in', others.length)
  for (const { login } of others) {
    people.set(login, await signIn(gateway, login, demoPassword))
    progress.step()
  }
  progress.end()
  return people
}

async function enterProfiles(ada: DemoPersonSession): Promise<Map<string, string>> {
  const units = new Map((await ada.call(listUnits)).items.map((unit) => [unit.slug, unit.unitId]))
  const sandbox = (await ada.call(listProfiles)).items.filter((profile) => profile.network === 'sandbox')
  const known = new Map(sandbox.map((profile) => [profile.handle, profile]))
  for (const { handle, displayName, unit } of demoProfiles) {
    const body = { network: 'sandbox', handle, displayName, unitId: units.get(unit)!, settings: { displayName } }
    const profile = known.get(handle) ?? (await ada.call(createProfile, { body, key: `demo-profile-${handle}` }))
    known.set(handle, profile)
    if (profile.status !== 'registered') continue
    await ada.call(connectProfile, { params: { profileId: profile.profileId }, body: { credential: 'evaluation' } })
  }
  return new Map([...known.values()].map((profile) => [profile.handle, profile.profileId]))
}

async function engageDemoStop(ines: DemoPersonSession, firm: DemoFirm): Promise<void> {
  const profileId = firm.profileIds.get(stoppedProfile)!
  const { items } = await ines.call(listStops)
  if (items.some((stop) => stop.scopeId === profileId)) return
  const reason = 'Closed period before the half-year results.'
  await ines.call(engageStop, { body: { scope: 'profile', scopeId: profileId, reason }, key: 'demo-stop' })
}

/** Posts of an earlier run, recognised by their text: first or rewritten. */
async function findKnown(firm: DemoFirm, planned: readonly PlannedPost[]): Promise<Map<string, string>> {
  const byText = new Map<string, string>()
  for (const login of new Set(planned.map((post) => post.author))) {
    const person = firm.people.get(login)!
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: Record<string, string> = { author: 'me', limit: '200', ...(cursor === '' ? {} : { cursor }) }
      const page = await person.call(listPosts, { query })
      for (const post of page.items) byText.set(`${login} ${post.text}`, post.postId)
      cursor = page.nextCursor
    }
  }
  const find = (post: PlannedPost) =>
    byText.get(`${post.author} ${post.text}`) ?? byText.get(`${post.author} ${revisedText(post)}`)
  return new Map(planned.flatMap((post) => (find(post) === undefined ? [] : [[post.key, find(post)!] as const])))
}

async function forEach<T>(title: string, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const progress = showProgress(title, items.length)
  const waiting = [...items]
  const run = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item)
      progress.step()
    }
  }
  await Promise.all(Array.from({ length: hands }, run))
  progress.end()
}

/** Everything approved is sealed first, and then published. */
async function waitForPublishing(ruth: DemoPersonSession): Promise<void> {
  const underWay = async () => {
    const { counts } = await ruth.call(listPosts, { query: { limit: '1' } })
    return (counts['approved'] ?? 0) + (counts['publishing'] ?? 0)
  }
  const total = await underWay()
  if (total === 0) return
  const progress = showProgress('Sealed and published', total)
  let told = 0
  for (let seconds = 0; seconds < 180 && told < total; seconds++) {
    await wait(1000)
    for (const done = total - (await underWay()); told < done; told++) progress.step()
  }
  progress.end()
}

async function retractSome(firm: DemoFirm, planned: readonly PlannedPost[]): Promise<void> {
  const wanted = planned.filter((post) => post.goal === 'retracted')
  const known = await findKnown(firm, wanted)
  await forEach('Posts retracted', wanted, async (post) => {
    const postId = known.get(post.key)
    if (postId === undefined) return
    const author = firm.people.get(post.author)!
    const status = async () => (await author.call(getPost, { params: { postId } })).status
    if ((await status()) !== 'published') return
    await retractPlanned(firm, post, postId)
    for (let seconds = 0; seconds < 60 && (await status()) === 'published'; seconds++) await wait(1000)
  })
}

async function tellResult(gateway: string, ruth: DemoPersonSession): Promise<void> {
  const { counts } = await ruth.call(listPosts, { query: { limit: '1' } })
  const rows = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
  console.log(
    `\nPosts by state:\n${rows.map(([status, count]) => `  ${status.padEnd(18)} ${String(count).padStart(4)}`).join('\n')}`,
  )
  console.log(`
Everything went through the public API, so everything happened today: the archive's times are true, and no history is
made up. States that need time to pass or a network to fail (expired, failed, unconfirmed) come with use.

  ${gateway}          the console
  ${gateway}/sandbox  what was published`)
}

await main().catch((error: unknown) => {
  console.error(error instanceof DemoError ? `\n${error.message}` : error)
  process.exitCode = 1
})
