import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import addFormats from 'ajv-formats'
import { Ajv, type AnySchema, type ValidateFunction } from 'ajv'
import type { FastifyValidationResult } from 'fastify/types/schema.js'
import { AppError } from './app-error.ts'
import type { App } from './app-type.ts'
import { isId } from './new-id.ts'
import { findUnkeepable, isReadableTime } from './refuse-unkeepable.ts'

/**
 * Validates requests with ajv and writes answers with fast-json-stringify, as Fastify does by itself, but compiles a schema
 * when its route first needs it: compiling all of them is half the time of a start, and a start must be quick where a
 * supervisor restarts us.
 */
export function compileWhenCalled(app: App): void {
  validateWhenCalled(app)
  refuseUnkeepableBodies(app)
  app.setSerializerCompiler((route) => (answer) => findSerializer(route as Serialized)(answer))
}

type Serialized = Parameters<typeof compileSerializer>[0]
type Serializer = ReturnType<typeof compileSerializer>

const compileSerializer = SerializerSelector()()
/** The contract's schemas are constants of the process: what is compiled of one holds for every app in it. */
const serializers = new WeakMap<object, Serializer>()

function findSerializer(route: Serialized): Serializer {
  const schema = route.schema as object
  const known = serializers.get(schema)
  if (known !== undefined) return known
  const made = compileSerializer(route)
  serializers.set(schema, made)
  return made
}

/** The validator of requests, for those who ask the same without HTTP. */
export function openValidator(): Ajv {
  const ajv = new Ajv({ coerceTypes: 'array', useDefaults: true, removeAdditional: false, allErrors: false })
  addFormats.default(ajv)
  ajv.addFormat('date-time', isReadableTime)
  // RFC 9562 also writes `urn:uuid:…`, which Postgres does not read.
  ajv.addFormat('uuid', isId)
  return ajv
}

/** Remembers what it compiled of each schema. */
const requestValidator = openValidator()

function validateWhenCalled(app: App): void {
  app.setValidatorCompiler<AnySchema>(({ schema }) => {
    let compiled: ValidateFunction | undefined
    const validate: FastifyValidationResult = (data: unknown) => {
      compiled ??= requestValidator.compile(schema)
      const isValid = compiled(data)
      validate.errors =
        compiled.errors?.map((error) => ({ ...error, message: error.message ?? 'is not valid' })) ?? null
      if (!isValid) return false
      const unkeepable = findUnkeepable(data)
      if (unkeepable !== undefined)
        validate.errors = [{ keyword: 'keepable', schemaPath: '', params: {}, ...unkeepable }]
      return unkeepable === undefined
    }
    return validate
  })
}

/** A body that a call does not ask for is read all the same, by the idempotency key and the log: it bears the same rules. */
function refuseUnkeepableBodies(app: App): void {
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.schema?.body !== undefined) return
    const found = findUnkeepable(request.body)
    if (found === undefined) return
    const field = `body${found.instancePath}`.replaceAll('/', '.')
    throw new AppError('invalid_request', `${field} ${found.message}.`, {
      problems: [{ field, message: found.message }],
    })
  })
}
