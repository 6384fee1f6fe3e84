import type { FastifyError } from 'fastify'
import SCIMMY from 'scimmy'
import { errorStatus } from '#shared/error-code.ts'
import { AppError } from '#server/platform/app-error.ts'

/** The protocol's form of an error (RFC 7644 section 3.12). */
export interface ScimError {
  readonly schemas: readonly string[]
  readonly status: string
  readonly scimType?: string
  readonly detail: string
}

const nowhere = 'No such resource.'

export function notFound(): Error {
  return new SCIMMY.Types.Error(404, '', nowhere)
}

/** What the protocol knows and this service does not: it says 501 where RFC 7644 does (3.11), as for a search of everything. */
const notMade: Readonly<Record<string, string>> = {
  '/me': 'The provisioning token is nobody’s, so there is no “Me”. Ask for /Users by filter.',
  '/': 'There is no search over all resources at once. Ask /Users or /Groups.',
  '/.search': 'There is no search over all resources at once. Ask /Users/.search or /Groups/.search.',
}

/** The answer at a path of `/scim/v2` where nothing is, or where other methods are taken. */
export function absent(path: string, methods: readonly string[]): ScimError {
  const reason = notMade[path.toLowerCase().replace(/^\/scim\/v2\/*/, '/')]
  if (reason !== undefined) return said(501, reason)
  return methods.length === 0 ? said(404, nowhere) : said(405, `This address takes ${methods.join(', ')}.`)
}

function said(status: number, detail: string): ScimError {
  return toScimError(new SCIMMY.Types.Error(status, '', detail) as unknown as FastifyError)
}

/** What an error is to the client; what is a bug of ours is thrown on. */
export function toScimError(error: FastifyError | AppError): ScimError {
  const { status, scimType, detail } = describe(error)
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error']
  return { schemas, status: String(status), ...(scimType === '' ? {} : { scimType }), detail }
}

interface Described {
  readonly status: number
  readonly scimType: string
  readonly detail: string
}

/** scimmy's errors say their own; a TypeError of its schemas is the client's mistake; what else is ours goes up. */
function describe(error: FastifyError | AppError): Described {
  if (error instanceof SCIMMY.Types.Error) {
    const { status, scimType } = error as unknown as { status: number; scimType?: string }
    return { status, scimType: scimType ?? '', detail: error.message }
  }
  if (error instanceof AppError) return { status: errorStatus[error.code], scimType: '', detail: error.message }
  if (isSchemaError(error)) return { status: 400, scimType: 'invalidValue', detail: error.message }
  // Two calls entered the same name at the same moment: the database let one through.
  if (error.code === '23505')
    return { status: 409, scimType: 'uniqueness', detail: 'The name or external id is in use.' }
  // An id that cannot be one of ours is not there, whatever its form.
  if (error.validationContext === 'params') return { status: 404, scimType: '', detail: nowhere }
  if (error.statusCode !== undefined && error.statusCode < 500) return refusedRequest(error.statusCode, error.message)
  throw error
}

function refusedRequest(status: number, detail: string): Described {
  return { status, scimType: status === 400 ? 'invalidSyntax' : '', detail }
}

function isSchemaError(error: Error): boolean {
  return error instanceof TypeError && /attribute|Attribute|schema|PatchOp|complex|expected/i.test(error.message)
}
