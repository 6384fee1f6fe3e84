import { openBrowser, type Browser } from '#test/support/browse.ts'
import { publicUrl } from '#test/support/demo-provider.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

/** A browser for which the gateway's address leads into `app.inject`, and every other address to the network. */
export function gatewayBrowser(gateway: Pick<TestGateway, 'app'>): Browser {
  return openBrowser((request) => (new URL(request.url).origin === publicUrl ? carry(gateway, request) : undefined))
}

async function carry({ app }: Pick<TestGateway, 'app'>, request: Request): Promise<Response> {
  const { pathname, search, host } = new URL(request.url)
  const body = await request.text()
  const answer = await app.inject({
    method: request.method,
    url: pathname + search,
    headers: { ...Object.fromEntries(request.headers), host },
    ...(body === '' ? {} : { payload: body }),
  })
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers))
    for (const one of [value].flat()) headers.append(name, String(one))
  return new Response([204, 304].includes(answer.statusCode) ? null : answer.body, {
    status: answer.statusCode,
    headers,
  })
}
