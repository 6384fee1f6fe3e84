import type { FastifyError } from 'fastify'
import SCIMMY from 'scimmy'
import { validate } from 'uuid'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { runScimBulk as contract } from '#shared/api/scim.ts'
import type { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import { applyScimGroupPatch, createScimGroup, deleteScimGroup, replaceScimGroup } from './change-scim-group.ts'
import { applyScimPatch, createScimUser, deleteScimUser, replaceScimUser } from './provision-scim-user.ts'
import { notFound, toScimError } from './scim-error.ts'
import { toScimGroup, toScimUser, type Attributes } from './scim-resources.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config'>
type Bulk = BodyOf<typeof contract>
type Operation = Omit<Bulk['Operations'][number], 'data'> & { readonly data?: Attributes }

export const largestBulk = 1_000

/**
 * Carries out the operations of a bulk request (RFC 7644 section 3.7), each in a transaction of its own and each with its
 * own outcome, in their order; one that names a `bulkId` which is not there yet waits for it. Stops after `failOnErrors`
 * failures. Throws 413 for too many.
 */
export async function runScimBulk(deps: Parts, base: string, bulk: Bulk): Promise<Attributes> {
  if (bulk.Operations.length > largestBulk)
    throw new SCIMMY.Types.Error(413, '', `A bulk request has at most ${largestBulk} operations.`)
  const known = new Map<string, string>()
  const outcomes: Attributes[] = []
  let failures = 0
  let left: readonly Operation[] = bulk.Operations
  while (left.length > 0) {
    const waiting: Operation[] = []
    for (const operation of left) {
      if (bulk.failOnErrors !== undefined && failures >= bulk.failOnErrors) return answer(outcomes)
      if (waitsFor(operation, left, known)) {
        waiting.push(operation)
        continue
      }
      const outcome = await settle(deps, base, operation, known)
      if (Number(outcome['status']) >= 400) failures += 1
      outcomes.push(outcome)
    }
    // Nothing moved: what is left waits for itself, and is told so.
    if (waiting.length === left.length)
      for (const { bulkId } of waiting) if (bulkId !== undefined) known.set(bulkId, '')
    left = waiting
  }
  return answer(outcomes)
}

function answer(Operations: readonly Attributes[]): Attributes {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'], Operations }
}

/** Does it name something that another operation of the same request is still to make? */
function waitsFor(operation: Operation, left: readonly Operation[], known: ReadonlyMap<string, string>): boolean {
  return namesIn([operation.path, operation.data]).some(
    (name) => !known.has(name) && left.some((other) => other !== operation && other.bulkId === name),
  )
}

const reference = /^(?:\/(?:Users|Groups)\/)?bulkId:(.+)$/

function namesIn(part: unknown): string[] {
  if (typeof part === 'string') return reference.exec(part)?.slice(1) ?? []
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(namesIn) : []
}

/** The same with the ids of what was made before instead of `bulkId:…`. Throws 409 for what was not made. */
function withIds(part: unknown, known: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(part)) return part.map((one) => withIds(one, known))
  if (typeof part === 'object' && part !== null)
    return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, withIds(one, known)]))
  const [name] = namesIn(part)
  if (name === undefined) return part
  const id = known.get(name) ?? ''
  if (id === '') throw new SCIMMY.Types.Error(409, 'invalidValue', `Nothing was made as bulkId “${name}”.`)
  return String(part).replace(/bulkId:.+$/, id)
}

async function settle(
  deps: Parts,
  base: string,
  operation: Operation,
  known: Map<string, string>,
): Promise<Attributes> {
  const { method, bulkId } = operation
  const said = { method: method.toUpperCase(), ...(bulkId === undefined ? {} : { bulkId }) }
  try {
    const { status, resource, location } = await carryOut(deps, base, {
      ...operation,
      path: String(withIds(operation.path, known)),
      ...(operation.data === undefined ? {} : { data: withIds(operation.data, known) as Attributes }),
    })
    if (bulkId !== undefined && typeof resource?.['id'] === 'string') known.set(bulkId, resource['id'])
    const version = (resource?.['meta'] as Attributes | undefined)?.['version']
    return { ...said, location, ...(version === undefined ? {} : { version }), status: String(status) }
  } catch (error) {
    // A name that was never made cannot be waited for.
    if (bulkId !== undefined && !known.has(bulkId)) known.set(bulkId, '')
    const response = toScimError(error as FastifyError | AppError)
    return { ...said, status: response.status, response }
  }
}

interface Outcome {
  readonly status: number
  readonly location: string
  readonly resource?: Attributes
}

async function carryOut(deps: Parts, base: string, operation: Operation): Promise<Outcome> {
  const [, kind = '', id] = /^\/(Users|Groups)(?:\/([^/]+))?$/.exec(operation.path) ?? []
  const { version, data = {} } = operation
  const method = operation.method.toUpperCase()
  if (kind === '') throw new SCIMMY.Types.Error(400, 'invalidPath', `There is nothing at “${operation.path}”.`)
  if (method === 'POST' && id === undefined) return made(base, kind, await create(deps, base, kind, data))
  if (id === undefined || !validate(id)) throw notFound()
  const location = `${base}/${kind}/${id}`
  if (method === 'DELETE') {
    await (kind === 'Users' ? deleteScimUser(deps, id, version) : deleteScimGroup(deps, id, version))
    return { status: 204, location }
  }
  const change = changes[`${method} ${kind}`]
  if (change === undefined)
    throw new SCIMMY.Types.Error(400, 'invalidSyntax', `There is no bulk method “${operation.method}”.`)
  return { status: 200, location, resource: await change(deps, base, id, data, version) }
}

function made(base: string, kind: string, resource: Attributes): Outcome {
  return { status: 201, location: `${base}/${kind}/${String(resource['id'])}`, resource }
}

async function create(deps: Parts, base: string, kind: string, data: Attributes): Promise<Attributes> {
  return kind === 'Users'
    ? toScimUser(await createScimUser(deps, data), base)
    : toScimGroup(await createScimGroup(deps, data), base)
}

type Change = (deps: Parts, base: string, id: string, data: Attributes, version?: string) => Promise<Attributes>
const changes: Readonly<Record<string, Change>> = {
  'PUT Users': async (deps, base, id, data, version) =>
    toScimUser(await replaceScimUser(deps, id, data, version), base),
  'PATCH Users': async (deps, base, id, data, version) =>
    toScimUser(await applyScimPatch(deps, id, data, version), base),
  'PUT Groups': async (deps, base, id, data, version) =>
    toScimGroup(await replaceScimGroup(deps, id, data, version), base),
  'PATCH Groups': async (deps, base, id, data, version) =>
    toScimGroup(await applyScimGroupPatch(deps, id, data, version), base),
}
