import { queryOptions } from '@tanstack/react-query'
import { listRoleChanges } from '#shared/api/people.ts'
import { call } from './call.ts'

/** Role changes, the open and the decided ones. */
export const roleChangesQuery = queryOptions({
  queryKey: ['role-changes'],
  queryFn: ({ signal }) => call(listRoleChanges, { signal }),
  refetchInterval: 20_000,
})
