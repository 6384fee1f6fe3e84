import type { Permission } from '#shared/permissions.ts'

/** What an examiner may do: read and verify, nothing else; each look is a record. */
export const examinerScopes: readonly Permission[] = [
  'session.read',
  'archive.search',
  'archive.verify',
  'archive.status',
  'tlog.read',
]
