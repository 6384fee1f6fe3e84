import { stringify } from 'yaml'
import { allEndpoints } from '#shared/api/all-endpoints.ts'
import type { App } from './app-type.ts'
import { describeApi } from './openapi.ts'

/** Serves the contract: for programs as OpenAPI, for people as one page that needs no script. */
export function registerContract(app: App): void {
  let text: string | undefined
  app.get('/openapi.yaml', { config: { permission: 'public' } }, (_request, reply) => {
    text ??= stringify(describeApi(), { aliasDuplicateObjects: false, lineWidth: 120 })
    return reply.type('application/yaml; charset=utf-8').send(text)
  })
  app.get('/docs', { config: { permission: 'public' } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(docsPage()),
  )
}

function docsPage(): string {
  const rows = allEndpoints
    .map(
      ({ method, url, schema, config }) =>
        `<tr><td><code>${method} ${escape(url)}</code></td><td>${escape(schema.summary)}</td><td>${escape(config.permission)}</td></tr>`,
    )
    .join('\n')
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Containment gateway: calls</title>
<main><h1>Calls of the Containment gateway</h1>
<p>The whole contract with every field is <a href="/openapi.yaml">openapi.yaml</a> (OpenAPI 3.1). Errors are problem details (RFC 9457) with a stable <code>code</code>; every writing call takes <code>Idempotency-Key</code>.</p>
<table><caption>Each call with the permission that it asks for</caption><thead><tr><th scope="col">Call</th><th scope="col">Does</th><th scope="col">Permission</th></tr></thead><tbody>
${rows}
</tbody></table></main></html>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
