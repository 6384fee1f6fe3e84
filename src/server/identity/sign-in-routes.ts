import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '#server/platform/app-error.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readLanguage } from '#server/platform/read-language.ts'
import type { QueryOf } from '#shared/api/endpoint.ts'
import * as contract from '#shared/api/identity.ts'
import { signInExaminer as signInExaminerContract } from '#shared/api/people.ts'
import { readSessionCookie } from './read-session-cookie.ts'
import { authenticateSession } from './authenticate-session.ts'
import { endByProvider } from './end-by-provider.ts'
import { endSession } from './end-session.ts'
import { finishSignIn } from './finish-sign-in.ts'
import { signInExaminer } from './grant-examiner.ts'
import type { RateLimits } from './limit-rates.ts'
import { comesFromHere, refuseForgery } from './refuse-forgery.ts'
import type { RelyingParty } from './relying-party.ts'
import { cookieAttributes, cookieName } from './session-token.ts'
import { openSignIn, sealSignIn, signInMinutes, stateSuffix, surplusCookies } from './sign-in-state.ts'
import { signOutUrl } from './sign-out-url.ts'
import { callbackUrl, startSignIn } from './start-sign-in.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config' | 'log' | 'secretBox'>

/** What the doors of the gateway need. */
interface Doors {
  readonly app: App
  readonly deps: Parts
  readonly relyingParty: RelyingParty
  readonly limits: RateLimits
}

/** Signing in and out: browsers meet redirects, programs meet problem documents. */
export function registerSignInRoutes(app: App, deps: Parts, relyingParty: RelyingParty, limits: RateLimits): void {
  const doors = { app, deps, relyingParty, limits }
  app.route({
    ...contract.signIn,
    handler: (request, reply) =>
      explainToBrowser(request, reply, async () => {
        await limits.signIn(request)
        await beginSignIn(doors, request, reply)
      }),
  })
  app.route({
    ...contract.finishSignIn,
    handler: (request, reply) =>
      explainToBrowser(request, reply, async () => {
        await limits.signIn(request)
        await receiveCallback(doors, request, reply)
      }),
  })
  app.route({
    ...signInExaminerContract,
    handler: async (request, reply) => {
      await limits.signIn(request)
      if (!comesFromHere(deps.config.publicUrl, request.headers))
        throw new AppError('csrf_refused', 'Sign in on the gateway’s own page.')
      const { sessionId } = await signInExaminer(deps, request.body.secret)
      setSessionCookie(app, deps, reply, sessionId)
      return { redirectTo: '/archive' }
    },
  })
  registerForms(doors)
}

/** Forms reach only these two calls; everywhere else a body is JSON, which no foreign form can send. */
function registerForms(doors: Doors): void {
  const { app, deps, relyingParty, limits } = doors
  void app.register(async (scope: App) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 100_000 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    scope.route({ ...contract.signOut, handler: (request, reply) => receiveSignOut(doors, request, reply) })
    scope.route({
      ...contract.backchannelLogout,
      handler: async (request, reply) => {
        await limits.logout(request)
        await endByProvider(deps, relyingParty, request.body.logout_token)
        await reply.header('cache-control', 'no-store').code(200).send()
      },
    })
  })
}

type SignInRequest = FastifyRequest<{ Querystring: QueryOf<typeof contract.signIn> }>

async function beginSignIn({ deps, relyingParty }: Doors, request: SignInRequest, reply: FastifyReply): Promise<void> {
  const elsewhere = ownAddress(deps, request)
  if (elsewhere !== undefined) {
    await reply.redirect(elsewhere)
    return
  }
  const wish = { ...request.query, locale: request.query.locale ?? readLanguage(request) }
  const { url, signIn } = await startSignIn(deps, relyingParty, wish)
  for (const name of surplusCookies(request.cookies, cookieName(deps.config, 'sign_in')))
    void reply.clearCookie(name, cookieAttributes(deps.config, 0))
  const sealed = sealSignIn(deps.secretBox, signIn)
  await reply
    .setCookie(stateCookie(deps, signIn.state), sealed, cookieAttributes(deps.config, signInMinutes * 60))
    .redirect(url.href)
}

async function receiveCallback(
  { app, deps, relyingParty }: Doors,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const callback = new URL(callbackUrl(deps.config.publicUrl))
  callback.search = request.url.split('?')[1] ?? ''
  const state = callback.searchParams.get('state') ?? ''
  const name = stateCookie(deps, state)
  const sealed = request.cookies[name]
  const signIn = sealed === undefined ? undefined : openSignIn(deps.secretBox, state, sealed, deps.clock.now())
  if (signIn === undefined)
    throw new AppError('invalid_request', 'This sign-in was not begun in this browser, or too long ago. Begin again.')
  // Whatever comes of it, this state is used up.
  void reply.clearCookie(name, cookieAttributes(deps.config, 0))
  const carried = readSessionCookie(app, deps.config, request)
  const { sessionId } = await finishSignIn(deps, relyingParty, callback, signIn, carried)
  setSessionCookie(app, deps, reply, sessionId)
  await reply.redirect(signIn.returnTo)
}

function setSessionCookie(
  app: App,
  { config }: Parts,
  reply: Pick<FastifyReply, 'setCookie'>,
  sessionId: string,
): void {
  void reply.setCookie(
    cookieName(config, 'session'),
    app.jwt.sign({ sid: sessionId }),
    cookieAttributes(config, config.session.absoluteHours * 3600),
  )
}

/** Ends the session, then says where to sign out at the provider: as JSON to a script, as a redirect to a form. */
async function receiveSignOut(
  { app, deps, relyingParty }: Doors,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  let redirectTo = new URL('/', deps.config.publicUrl).href
  const sessionId = readSessionCookie(app, deps.config, request)
  if (sessionId !== undefined) {
    refuseForgery(deps.config, request, sessionId)
    const live = await authenticateSession(deps, sessionId).catch(() => undefined)
    if (live !== undefined) {
      await endSession(deps, live.actor, sessionId, 'signed_out')
      redirectTo = await signOutUrl(deps, relyingParty, sessionId)
    }
  }
  void reply.clearCookie(cookieName(deps.config, 'session'), cookieAttributes(deps.config, 0))
  await (wantsPage(request) ? reply.redirect(redirectTo, 303) : reply.send({ redirectTo }))
}

function stateCookie(deps: Parts, state: string): string {
  return `${cookieName(deps.config, 'sign_in')}_${stateSuffix(state)}`
}

/** The evaluation set-up answers at localhost too, but cookies and the callback belong to the address that was printed. */
function ownAddress({ config }: Parts, request: FastifyRequest): string | undefined {
  const own = new URL(config.publicUrl)
  const other = config.embedded && request.headers.host === `localhost:${own.port}` && own.hostname !== 'localhost'
  // The path is ours whatever the request line says: it may name another server before it (RFC 9112 section 3.2.2).
  return other ? new URL(`/auth/login${new URL(request.url, own).search}`, own).href : undefined
}

function wantsPage(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') === true
}

/** People see the console's sign-in page with the reason; programs see the problem document. */
async function explainToBrowser(
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof AppError) || !wantsPage(request)) throw error
    request.log.info({ err: error, cause: error.cause }, 'sign-in refused')
    await reply.redirect(`/login?error=${error.code}`)
  }
}
