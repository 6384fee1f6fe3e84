import type { JsonObject } from '#shared/json.ts'

/** What the body of a record (format version 1) says; written by `appendRecord`. */
export interface RecordBody {
  readonly actor: {
    readonly kind: 'user' | 'token' | 'system'
    readonly userId: string
    readonly displayName: string
    readonly sessionId?: string
    readonly tokenId?: string
  }
  readonly content: JsonObject
  readonly language?: string
  readonly searchText?: string
}

/** Reads a body; its bytes were checked when the record was appended. */
export function parseBody(body: string): RecordBody {
  return JSON.parse(body) as RecordBody
}
