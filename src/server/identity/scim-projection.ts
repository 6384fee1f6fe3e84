import type { Attributes } from './scim-resources.ts'

/** What a client wants to see of a resource (RFC 7644 section 3.9). */
export interface Projection {
  readonly attributes?: string
  readonly excludedAttributes?: string
}

const always = ['id', 'schemas', 'meta']

/** The resource with only the attributes asked for, or without those left out; by whole attributes, not parts of them. */
export function project(resource: Attributes, wish: Projection): Attributes {
  const wanted = wish.attributes === undefined ? undefined : names(wish.attributes)
  const unwanted = names(wish.excludedAttributes ?? '')
  return Object.fromEntries(
    Object.entries(resource).filter(([name]) => {
      const key = name.toLowerCase()
      return always.includes(key) || (wanted === undefined ? !unwanted.has(key) : wanted.has(key))
    }),
  )
}

/** Members are rows of their own, many of them: they are not read where nobody looks at them. */
export function leavesOutMembers(wish: Projection): boolean {
  return !('members' in project({ members: [] }, wish))
}

/** `name.familyName` asks for `name`; an extension's attribute asks for the extension. */
function names(list: string): Set<string> {
  return new Set(
    list.split(',').map((text) => {
      const name = text.trim().toLowerCase()
      const core = name.replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/, '')
      return core.startsWith('urn:') ? core.replace(/^(urn:.*:2\.0:user):?.*$/, '$1') : (core.split('.')[0] ?? core)
    }),
  )
}
