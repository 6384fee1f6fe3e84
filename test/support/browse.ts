/** One exchange as a browser sees it. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

type Send = (request: Request) => Promise<Response>

export interface Browser {
  readonly cookies: Map<string, Map<string, string>>
  get(url: string, headers?: Record<string, string>): Promise<Page>
  /** Posts a form as a page of the same origin does. */
  postForm(url: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Page>
  /** The `cookie` header for a URL. */
  cookieHeader(url: string): string
}

/**
 * A browser without a screen: keeps cookies an origin, follows redirects (at most 15). `send` carries a request
 * whose origin it knows (for example into `app.inject`) and leaves others to fetch.
 */
export function openBrowser(send: (request: Request) => Promise<Response> | undefined = () => undefined): Browser {
  const cookies = new Map<string, Map<string, string>>()
  const carry: Send = (request) => send(request) ?? fetch(request)

  function cookieHeader(url: string): string {
    return [...(cookies.get(new URL(url).origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  function keepCookies(url: string, response: Response): void {
    const jar = cookies.get(new URL(url).origin) ?? new Map<string, string>()
    cookies.set(new URL(url).origin, jar)
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';')
      const at = pair.indexOf('=')
      const gone = attributes.some((attribute) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(attribute))
      if (gone) jar.delete(pair.slice(0, at))
      else jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
  }

  async function visit(first: string, init: RequestInit): Promise<Page> {
    let url = first
    let options = init
    const kept = new Headers(init.headers)
    kept.delete('origin')
    for (let hop = 0; hop < 15; hop += 1) {
      const headers = new Headers(options.headers)
      const cookie = cookieHeader(url)
      if (cookie !== '') headers.set('cookie', cookie)
      const response = await carry(new Request(url, { ...options, headers, redirect: 'manual' }))
      keepCookies(url, response)
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null) {
        return { url, status: response.status, headers: response.headers, body: await response.text() }
      }
      await response.body?.cancel()
      url = new URL(location, url).href
      options = { headers: kept }
    }
    throw new Error(`More than 15 redirects from ${first}`)
  }

  return {
    cookies,
    cookieHeader,
    get: (url, headers = {}) => visit(url, { headers }),
    postForm: (url, fields, headers = {}) =>
      visit(url, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { origin: new URL(url).origin, ...headers },
      }),
  }
}

/** Opens `loginUrl` and, where the embedded provider asks, signs in. Answers the page at which the walk ends. */
export async function signInWithForm(
  browser: Browser,
  loginUrl: string,
  login: string,
  password = 'demo',
): Promise<Page> {
  const page = await browser.get(loginUrl)
  return page.body.includes('name="password"') ? browser.postForm(page.url, { login, password }) : page
}
