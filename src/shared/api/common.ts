import { Type, type Static, type TSchema } from 'typebox'

export const Id = Type.String({ format: 'uuid', description: 'UUIDv7' })
export const At = Type.String({ format: 'date-time', description: 'RFC 3339 in UTC with milliseconds' })
export const Language = Type.Union([Type.Literal('fr'), Type.Literal('en')])
export type Language = Static<typeof Language>

/** RFC 9457 problem details with our stable code. */
export const ProblemDocument = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    instance: Type.Optional(Type.String()),
    problems: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
  },
  { $id: 'Problem' },
)
export type ProblemDocument = Static<typeof ProblemDocument>

/** `?cursor=&limit=`: the cursor is opaque and comes from the previous page. */
export const PageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 300 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
}

/** One page of a list; `nextCursor` is null on the last. */
export function Page<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) })
}

export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

export const IdParams = <K extends string>(name: K) => Type.Object({ [name]: Id } as Record<K, typeof Id>)

export const Person = Type.Object({ userId: Id, displayName: Type.String() })
export type Person = Static<typeof Person>
