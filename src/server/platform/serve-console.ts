import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { AppError } from './app-error.ts'
import type { App } from './app-type.ts'

const built = fileURLToPath(new URL('../../../dist/web', import.meta.url))
/** Paths that belong to programs: a wrong one is answered as a problem, never as the console. */
const programPaths = /^\/(api|auth|scim|tlog|openapi|docs|healthz|readyz|metrics|sandbox)\b/

/** Serves the built console. Every other page path gets its shell, which knows the pages; files with a digest are kept for ever. */
export async function registerConsole(app: App): Promise<void> {
  if (!existsSync(built)) return
  await app.register(fastifyStatic, {
    root: built,
    wildcard: false,
    index: false,
    cacheControl: false,
    setHeaders: (response, path) => {
      response.setHeader(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
    },
  })
  app.get('/*', { config: { permission: 'public' } }, (request, reply) => {
    if (programPaths.test(request.url))
      throw new AppError(
        'not_found',
        `There is nothing at GET ${request.url.split('?')[0]}. The calls are listed at /openapi.yaml.`,
      )
    return reply.sendFile('index.html')
  })
}
