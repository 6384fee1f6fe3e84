import { setTimeout as wait } from 'node:timers/promises'
import type { EndpointShape, AnswerOf, BodyOf } from '#shared/api/endpoint.ts'
import { uploadMedia, type Media } from '#shared/api/posts.ts'

/** The gateway refused a call that the demo needs. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

interface Call<E extends EndpointShape> {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: BodyOf<E>
  /** Makes a writing call safe to repeat. */
  readonly key?: string
}

/** A signed-in person, who calls the public API as the console does. */
export interface DemoPersonSession {
  readonly login: string
  readonly userId: string
  call<E extends EndpointShape>(endpoint: E, call?: Call<E>): Promise<AnswerOf<E>>
  /** Uploads a PNG, once for each key, and answers its media id. */
  upload(bytes: Uint8Array<ArrayBuffer>, altText: string, key: string): Promise<string>
}

/** Signs a person in through the real sign-in form and answers their session. */
export async function signIn(gateway: string, login: string, password: string): Promise<DemoPersonSession> {
  const browser = new Browser()
  const form = await browser.open(new URL('/auth/login?returnTo=/', gateway).href)
  if (form.status !== 200)
    throw new DemoError(`The sign-in page answered ${form.status}. Is this the evaluation set-up?`)
  const done = await browser.open(form.url, new URLSearchParams({ login, password }))
  if (new URL(done.url).origin !== new URL(gateway).origin) throw new DemoError(`${login} could not sign in.`)
  const me = await browser.open(new URL('/api/me', gateway).href)
  const { userId, csrfToken } = JSON.parse(me.text) as { userId: string; csrfToken: string }
  const session: DemoPersonSession = {
    login,
    userId,
    call: (endpoint, call = {}) => send(browser, gateway, csrfToken, login, endpoint, call),
    async upload(bytes, altText, key) {
      const form = new FormData()
      if (altText !== '') form.append('altText', altText)
      form.append('file', new Blob([bytes]), 'picture.png')
      const headers = { 'x-csrf-token': csrfToken, 'idempotency-key': key }
      const url = new URL(uploadMedia.url, gateway)
      const text = await persist(`POST ${url.pathname} by ${login}`, () =>
        browser.fetch(url.href, { method: 'POST', headers, body: form }),
      )
      return (JSON.parse(text) as Media).mediaId
    },
  }
  return session
}

async function send<E extends EndpointShape>(
  browser: Browser,
  gateway: string,
  csrfToken: string,
  login: string,
  endpoint: E,
  call: Call<E>,
): Promise<AnswerOf<E>> {
  const path = endpoint.url.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(call.params?.[name] ?? ''))
  const url = new URL(path, gateway)
  for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value)
  const init: RequestInit = {
    method: endpoint.method,
    headers: {
      'x-csrf-token': csrfToken,
      ...(call.key === undefined ? {} : { 'idempotency-key': call.key }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  }
  const text = await persist(`${endpoint.method} ${path} by ${login}`, () => browser.fetch(url.href, init))
  return JSON.parse(text) as AnswerOf<E>
}

/** The text of a good answer; asks again while the gateway has too many requests, or a part of it is away for a moment. */
async function persist(what: string, ask: () => Promise<Response>): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask()
    const text = await answer.text()
    if (answer.ok) return text
    if (![429, 503].includes(answer.status) || attempt === 8) {
      throw new DemoError(`${what} answered ${answer.status}: ${text}`)
    }
    await wait(1000 * attempt)
  }
}

interface Page {
  readonly url: string
  readonly status: number
  readonly text: string
}

/** Keeps cookies by origin and follows redirects, as a browser does. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()

  async open(address: string, form?: URLSearchParams): Promise<Page> {
    let url = address
    let init: RequestInit = form === undefined ? {} : { method: 'POST', body: form }
    for (let step = 0; step < 20; step++) {
      const answer = await this.fetch(url, init)
      const location = answer.headers.get('location')
      if (location === null) return { url, status: answer.status, text: await answer.text() }
      await answer.arrayBuffer()
      url = new URL(location, url).href
      init = {}
    }
    throw new DemoError(`${address} redirects without end.`)
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    // Cookies do not know ports (RFC 6265), so the host name is their origin here too.
    const host = new URL(url).hostname
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = new Headers(init.headers)
    headers.set('cookie', cookie)
    const answer = await fetch(url, { ...init, redirect: 'manual', headers }).catch((cause: unknown) => {
      throw new DemoError(`${new URL(url).origin} stopped answering. Start it and run the demo again: it goes on.`, {
        cause,
      })
    })
    for (const line of answer.headers.getSetCookie()) keep(jar, line)
    return answer
  }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';')
  const name = pair.slice(0, pair.indexOf('=')).trim()
  const value = pair.slice(pair.indexOf('=') + 1).trim()
  const gone = value === '' || attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute))
  if (gone) jar.delete(name)
  else jar.set(name, value)
}
