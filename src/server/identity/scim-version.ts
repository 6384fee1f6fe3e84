import { createHash } from 'node:crypto'
import SCIMMY from 'scimmy'

/**
 * A resource's version as a weak entity tag (RFC 7644 section 3.14): the transaction that last wrote its row, and for a
 * person the groups that are shown with them, which are rows of their own.
 */
export function entityTag(version: string, groups: readonly { readonly value: string }[] = []): string {
  if (groups.length === 0) return `W/"${version}"`
  const shown = groups.map(({ value }) => value).toSorted((a, b) => (a < b ? -1 : 1))
  return `W/"${version}.${createHash('sha256').update(shown.join()).digest('base64url').slice(0, 10)}"`
}

/** Does a list of entity tags, as `If-Match` and `If-None-Match` carry it, name this one? Weak tags are compared as such. */
export function namesVersion(header: string, tag: string): boolean {
  const opaque = (text: string) => text.trim().replace(/^W\//, '')
  return header.trim() === '*' || header.split(',').some((one) => opaque(one) === opaque(tag))
}

/** Throws 412 when the client last saw another version than there is now. */
export function requireVersion(ifMatch: string | undefined, tag: string): void {
  if (ifMatch === undefined || namesVersion(ifMatch, tag)) return
  throw new SCIMMY.Types.Error(
    412,
    '',
    'The resource changed since you read it. Read it again, then repeat the change.',
  )
}
