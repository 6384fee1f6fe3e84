import assert from 'node:assert/strict'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { App } from '#server/platform/app-type.ts'

/** A signed-in person: `inject` with their session, writing calls with the CSRF proof of a browser. */
export interface SignedIn {
  readonly headers: Readonly<Record<string, string>>
  get(url: string): Promise<LightMyRequestResponse>
  post(url: string, body?: object, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  inject(options: InjectOptions): Promise<LightMyRequestResponse>
}

/** Signs a demo person in through the real provider: the gateway by `inject`, the provider over HTTP. */
export async function signIn(app: App, login: string, password = 'demo'): Promise<SignedIn> {
  const gateway = new CookieJar()
  const started = await app.inject({ method: 'GET', url: '/auth/login?returnTo=/' })
  assert.equal(started.statusCode, 302, started.body)
  gateway.keep(setCookies(started))
  const callback = await passProvider(String(started.headers.location), login, password)
  const finished = await app.inject({ method: 'GET', url: pathOf(callback), headers: { cookie: gateway.header() } })
  assert.equal(finished.statusCode, 302, finished.body)
  gateway.keep(setCookies(finished))
  return signedIn(app, gateway.header())
}

async function signedIn(app: App, cookie: string): Promise<SignedIn> {
  const me = await app.inject({ method: 'GET', url: '/api/me', headers: { cookie } })
  assert.equal(me.statusCode, 200, me.body)
  const headers = { cookie, 'x-csrf-token': me.json<{ csrfToken: string }>().csrfToken }
  const inject = (options: InjectOptions) => app.inject({ ...options, headers: { ...headers, ...options.headers } })
  return {
    headers,
    inject,
    get: (url) => inject({ method: 'GET', url }),
    post: (url, body, extra) => inject({ method: 'POST', url, payload: body ?? {}, headers: extra ?? {} }),
  }
}

/** Walks the provider's pages as a browser does and answers the address of the gateway's callback. */
async function passProvider(authorization: string, login: string, password: string): Promise<string> {
  const provider = new CookieJar()
  const origin = new URL(authorization).origin
  let url = authorization
  let form: URLSearchParams | undefined
  for (let step = 0; step < 10; step++) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: provider.header() },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    provider.keep(answer.headers.getSetCookie())
    const location = answer.headers.get('location')
    await answer.arrayBuffer()
    if (location === null) {
      assert.equal(answer.status, 200, `the provider refused ${login}`)
      form = new URLSearchParams({ login, password })
      continue
    }
    form = undefined
    url = new URL(location, url).href
    if (new URL(url).origin !== origin) return url
  }
  throw new Error('The provider did not come back to the gateway.')
}

/** The cookies of one origin, by name. */
class CookieJar {
  readonly #values = new Map<string, string>()

  keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';')
      const [name = '', ...value] = pair.split('=')
      const gone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute)) || value.join('=') === ''
      if (gone) this.#values.delete(name.trim())
      else this.#values.set(name.trim(), value.join('='))
    }
  }

  header(): string {
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}

function setCookies(answer: LightMyRequestResponse): string[] {
  return [answer.headers['set-cookie'] ?? []].flat()
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}
