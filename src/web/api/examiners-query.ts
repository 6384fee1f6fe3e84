import { queryOptions } from '@tanstack/react-query'
import { listExaminers } from '#shared/api/people.ts'
import { call } from './call.ts'

/** Apart from the other queries: the calls about people weigh eight kilobytes that the queue does not need. */
export const examinersQuery = queryOptions({
  queryKey: ['examiners'],
  queryFn: ({ signal }) => call(listExaminers, { signal }),
  refetchInterval: 30_000,
})
