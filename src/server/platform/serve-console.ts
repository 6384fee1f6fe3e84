import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { toAbsence } from './allowed-methods.ts'
import { AppError } from './app-error.ts'
import type { App } from './app-type.ts'

const built = fileURLToPath(new URL('../../../dist/web', import.meta.url))
/** Paths that belong to programs: a wrong one is answered as a problem, never as the console. */
const programPaths = /^\/(api|auth|scim|tlog|openapi|docs|healthz|readyz|metrics|sandbox)\b/

/** Serves the built console. Every other page path gets its shell, which knows the pages; files with a digest are kept for ever. */
export async function registerConsole(app: App): Promise<void> {
  if (!existsSync(built)) return
  const files = new Set(
    readdirSync(built, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/')),
  )
  // The plugin only sends: its own routes would name no permission.
  await app.register(fastifyStatic, { root: built, serve: false, cacheControl: false })
  app.get('/*', { config: { permission: 'public', nothingAt: programPaths } }, (request, reply) => {
    const path = request.url.split('?')[0]!
    if (programPaths.test(path)) throw toAbsence(request, reply)
    const file = path.slice(1)
    if (!files.has(file) && path.startsWith('/assets/'))
      throw new AppError('not_found', 'This file belongs to another version of the console. Reload the page.')
    void reply.header('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    return reply.sendFile(files.has(file) && file !== '' ? file : 'index.html')
  })
}
