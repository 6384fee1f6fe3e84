import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Provider } from 'oidc-provider'
import type { Logger } from 'pino'
import { demoColleagues } from './demo-colleagues.ts'
import { demoPassword, demoPeople, type DemoPerson } from './demo-people.ts'
import { autoSubmitHash, choosePageLanguage, errorPage, pageStyle, signInPage, signOutPage } from './provider-pages.ts'
import { createProviderStore } from './provider-store.ts'
import { loadProviderState, makeProviderState } from './provider-state.ts'

export interface OpenIdProviderOptions {
  /** 0 chooses a free port; then the issuer differs at each start. */
  readonly port: number
  /** Where the keys are kept; absent, they live as long as the process. */
  readonly dataDirectory?: string
  readonly publicUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly people?: readonly DemoPerson[]
  /** Further clients in oidc-provider's own form (tests: service clients, `private_key_jwt`). */
  readonly clients?: readonly Readonly<Record<string, unknown>>[]
  readonly log?: Pick<Logger, 'warn'>
}

export interface OpenIdProvider {
  readonly issuer: string
  readonly provider: Provider
  close(): Promise<void>
}

const scopes = 'openid profile email groups offline_access'

/**
 * The evaluation set-up's identity provider: oidc-provider on loopback, demo people, password `demo`. Never for
 * production. Throws `EADDRINUSE` when the port is taken.
 */
export async function startOpenIdProvider(options: OpenIdProviderOptions): Promise<OpenIdProvider> {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    response.writeHead(503).end()
  const server = createServer((request, response) => answer(request, response))
  await listen(server, options.port)
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = createProvider(`http://${host}`, options)
  answer = answerRequests(provider, host, options)
  return {
    issuer: `http://${host}`,
    provider,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
}

function createProvider(issuer: string, options: OpenIdProviderOptions): Provider {
  const state =
    options.dataDirectory === undefined
      ? makeProviderState()
      : loadProviderState(join(options.dataDirectory, 'openid-provider.json'))
  const people = new Map(everybody(options).map((person) => [person.login, person]))
  const provider = new Provider(issuer, {
    clients: [gatewayClient(options), ...(options.clients ?? [])],
    adapter: createProviderStore(),
    jwks: state.jwks,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: state.cookieKeys },
    pkce: { required: () => true },
    scopes: scopes.split(' '),
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username', 'locale', 'unit'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    // The claims go into the ID token too, so that groups are known without a call to userinfo.
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, defaultResource: () => undefined, getResourceServerInfo: resourceServer },
      rpInitiatedLogout: { enabled: true, logoutSource: showSignOut },
    },
    // The package's own guard refuses loopback addresses, where our back-channel logout listens.
    fetch: (url: string, { dispatcher: _dispatcher, ...rest }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, rest),
    ttl: { Session: 43_200, AccessToken: 600, ClientCredentials: 600, IdToken: 3600, Grant: 43_200, Interaction: 3600 },
    interactions: { url: (_context: unknown, interaction: { uid: string }) => `/sign-in/${interaction.uid}` },
    findAccount: (_context: unknown, login: string) => findAccount(people.get(login)),
    loadExistingGrant: grantWithoutAsking,
    renderError: showError,
  })
  provider.on('server_error', (_context, error) =>
    options.log?.warn({ err: error }, 'embedded identity provider failed'),
  )
  provider.on('backchannel.error', (_context, error) =>
    options.log?.warn({ err: error }, 'embedded back-channel logout failed'),
  )
  return provider
}

function gatewayClient({ clientId, clientSecret, publicUrl }: OpenIdProviderOptions): Record<string, unknown> {
  return {
    client_id: clientId,
    client_secret: clientSecret,
    // The gateway asks for a fresh sign-in before dangerous acts, so it wants to know when the last one was.
    require_auth_time: true,
    redirect_uris: [new URL('/auth/callback', publicUrl).href],
    post_logout_redirect_uris: [new URL('/', publicUrl).href, new URL('/login', publicUrl).href],
    backchannel_logout_uri: new URL('/auth/backchannel-logout', publicUrl).href,
    backchannel_logout_session_required: true,
  }
}

/** Service clients name the gateway as `resource` and get a signed access token for it. */
function resourceServer(_context: unknown, resource: string): Record<string, unknown> {
  return {
    audience: resource,
    scope: scopes,
    accessTokenFormat: 'jwt',
    accessTokenTTL: 600,
    jwt: { sign: { alg: 'ES256' } },
  }
}

async function findAccount(person: DemoPerson | undefined): Promise<object | undefined> {
  if (person === undefined) return undefined
  const { login, name, groups, locale, unit } = person
  const claims = {
    sub: login,
    preferred_username: login,
    name,
    groups,
    locale,
    unit,
    email: `${login}@demo.example`,
    email_verified: true,
  }
  return { accountId: login, claims: async () => claims }
}

interface GrantContext {
  readonly oidc: {
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string; grantIdFor(clientId: string): string | undefined }
    readonly provider: {
      readonly Grant: {
        new (of: { clientId: string; accountId: string }): {
          addOIDCScope(scope: string): void
          save(): Promise<string>
        }
        find(id: string): Promise<unknown>
      }
    }
  }
}

/** First-party clients need no consent page: the grant is made on the spot. */
async function grantWithoutAsking({ oidc }: GrantContext): Promise<unknown> {
  const id = oidc.session.grantIdFor(oidc.client.clientId)
  const known = id === undefined ? undefined : await oidc.provider.Grant.find(id)
  if (known !== undefined) return known
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
  grant.addOIDCScope(scopes)
  await grant.save()
  return grant
}

interface PageContext {
  body: string
  type: string
  readonly req: IncomingMessage
  set(name: string, value: string): void
}

function showSignOut(context: PageContext, form: string): void {
  context.body = signOutPage(choosePageLanguage(null, context.req.headers['accept-language']), form)
}

function showError(context: PageContext, out: { error_description?: string }): void {
  context.type = 'html'
  context.body = errorPage(choosePageLanguage(null, context.req.headers['accept-language']), out.error_description)
}

function answerRequests(provider: Provider, host: string, options: OpenIdProviderOptions) {
  // Composed at the first request, when whoever started the provider has added what they want.
  let callback: ReturnType<Provider['callback']> | undefined
  const policy = `default-src 'none'; style-src 'self'; script-src 'sha256-${autoSubmitHash}'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${new URL(options.publicUrl).origin}`
  return (request: IncomingMessage, response: ServerResponse): void => {
    // Another name for this address would let a foreign page talk to the provider (DNS rebinding).
    if (request.headers.host !== host) return void response.writeHead(421).end()
    response.setHeader('content-security-policy', policy)
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('x-content-type-options', 'nosniff')
    const path = new URL(request.url ?? '/', `http://${host}`).pathname
    if (path === '/sign-in/style.css')
      return void response.writeHead(200, { 'content-type': 'text/css' }).end(pageStyle)
    if (!path.startsWith('/sign-in/')) return (callback ??= provider.callback())(request, response)
    void signIn(provider, options, request, response).catch(() => {
      const language = choosePageLanguage(null, request.headers['accept-language'])
      if (!response.headersSent) sendPage(response, 400, errorPage(language, undefined))
    })
  }
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html)
}

/** Who may sign in: more people than the page shows. */
function everybody(options: OpenIdProviderOptions): readonly DemoPerson[] {
  return options.people ?? [...demoPeople, ...demoColleagues]
}

async function signIn(
  provider: Provider,
  options: OpenIdProviderOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const people = options.people ?? demoPeople
  const { params } = await provider.interactionDetails(request, response)
  const asked = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('lang') ?? textOf(params['ui_locales'])
  const accept = request.headers['accept-language']
  if (request.method !== 'POST')
    return sendPage(response, 200, signInPage(choosePageLanguage(asked, accept), people, undefined))
  const form = new URLSearchParams(await readBody(request))
  const login = (form.get('login') ?? '').trim().toLowerCase()
  if (!everybody(options).some((person) => person.login === login) || form.get('password') !== demoPassword) {
    return sendPage(response, 401, signInPage(choosePageLanguage(form.get('lang') ?? asked, accept), people, { login }))
  }
  await provider.interactionFinished(
    request,
    response,
    { login: { accountId: login, amr: ['pwd'] } },
    { mergeWithLastSubmission: false },
  )
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) {
    body += String(chunk)
    if (body.length > 10_000) throw new Error('The form is too large.')
  }
  return body
}
