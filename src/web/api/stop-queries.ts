import { queryOptions } from '@tanstack/react-query'
import { listStops } from '#shared/api/publishing.ts'
import { call } from './call.ts'

export const stopsQuery = queryOptions({
  queryKey: ['stops'],
  queryFn: ({ signal }) => call(listStops, { signal }),
  refetchInterval: 10_000,
})
