import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from './app-error.ts'
import type { App } from './app-type.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that something takes at a path; empty where nothing is. */
    methodsAt(path: string): readonly string[]
  }
  interface FastifyContextConfig {
    /** Paths at which the route only says that nothing is there. */
    readonly nothingAt?: RegExp
  }
}

interface Taken {
  readonly expression: RegExp
  readonly methods: readonly string[]
  readonly nothingAt: RegExp | undefined
}

/** Gathers which methods each address takes; to be registered before any route. */
export function registerAllowedMethods(app: App): void {
  const all: Taken[] = []
  app.addHook('onRoute', ({ method, url, config }) => {
    all.push({ expression: toExpression(url), methods: [method].flat(), nothingAt: config?.nothingAt })
  })
  app.decorate('methodsAt', (path) => {
    const there = all.filter(({ expression, nothingAt }) => expression.test(path) && nothingAt?.test(path) !== true)
    return [...new Set(there.flatMap(({ methods }) => methods))].toSorted()
  })
}

/** A route's address (`/api/posts/:postId`, `/tlog/tile/*`) as an expression over paths. */
function toExpression(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`)
}

/** Why nothing answers a request: its address takes other methods, which `Allow` names (RFC 9110 section 15.5.6), or nothing is there. */
export function toAbsence(request: FastifyRequest, reply: FastifyReply): AppError {
  const path = request.url.split('?')[0]!
  const methods = request.server.methodsAt(path)
  if (methods.length === 0)
    return new AppError(
      'not_found',
      `There is nothing at ${request.method} ${path}. The calls are listed at /openapi.yaml.`,
    )
  void reply.header('allow', methods.join(', '))
  return new AppError('method_not_allowed', `${path} does not take ${request.method}. It takes ${methods.join(', ')}.`)
}
