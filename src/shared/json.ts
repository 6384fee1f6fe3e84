/** A value that JSON can carry. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object; a property that is `undefined` is absent. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}
