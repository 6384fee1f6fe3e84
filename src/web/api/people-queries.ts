import { queryOptions } from '@tanstack/react-query'
import { getPermissionsAt, getUser, listDelegations, listQualifications, listRoleChanges } from '#shared/api/people.ts'
import { listReviewsInHand } from '#shared/api/reviews.ts'
import { call } from './call.ts'

/** Role changes, the open and the decided ones. */
export const roleChangesQuery = queryOptions({
  queryKey: ['role-changes'],
  queryFn: ({ signal }) => call(listRoleChanges, { signal }),
  refetchInterval: 20_000,
})

export const personQuery = (userId: string) =>
  queryOptions({
    queryKey: ['users', userId],
    queryFn: ({ signal }) => call(getUser, { params: { userId }, signal }),
  })

/** What the records say that a person could do at an instant; now, where none is given. */
export const rightsQuery = (userId: string, at: string | undefined) =>
  queryOptions({
    queryKey: ['users', userId, 'rights', at ?? 'now'],
    queryFn: ({ signal }) =>
      call(getPermissionsAt, { params: { userId }, query: at === undefined ? {} : { at }, signal }),
  })

export const reviewsInHandQuery = (userId: string) =>
  queryOptions({
    queryKey: ['reviews', 'in-hand', userId],
    queryFn: ({ signal }) => call(listReviewsInHand, { params: { userId }, signal }),
  })

export const qualificationsQuery = (userId: string) =>
  queryOptions({
    queryKey: ['qualifications', userId],
    queryFn: ({ signal }) => call(listQualifications, { query: { userId }, signal }),
  })

/** What the reader lends and is lent. */
export const delegationsQuery = queryOptions({
  queryKey: ['delegations'],
  queryFn: ({ signal }) => call(listDelegations, { signal }),
  refetchInterval: 30_000,
})
