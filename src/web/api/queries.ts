import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { QueryOf } from '#shared/api/endpoint.ts'
import { getMe, listSessions, listTokens, listUnits, listUsers, type Me } from '#shared/api/identity.ts'
import { getPost, listPosts } from '#shared/api/posts.ts'
import { listProfiles } from '#shared/api/profiles.ts'
import { getReview, listReviews, summariseReviews } from '#shared/api/reviews.ts'
import { call, keepCsrfToken } from './call.ts'

// What only some pages ask for stands apart (archive-queries.ts, policy-queries.ts): the queue's first load has a budget.

export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Me> => {
    const me = await call(getMe, { signal })
    keepCsrfToken(me.csrfToken)
    return me
  },
})

/** States in which something happens by itself, so that the page asks again. */

const moving = new Set(['approved', 'publishing', 'unconfirmed', 'partly_published', 'in_review'])

export const postQuery = (postId: string) =>
  queryOptions({
    queryKey: ['post', postId],
    queryFn: ({ signal }) => call(getPost, { params: { postId }, signal }),
    refetchInterval: ({ state }) =>
      state.data !== undefined && moving.has(state.data.status)
        ? 2_000
        : state.data?.timeline.some((entry) => !entry.sealed)
          ? 3_000
          : false,
  })

/** Posts, page by page; every page that is open is read anew. */
export const postsQuery = (query: QueryOf<typeof listPosts>) =>
  infiniteQueryOptions({
    queryKey: ['posts', query],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(listPosts, { query: { ...query, ...(pageParam === undefined ? {} : { cursor: pageParam }) }, signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: 10_000,
  })

export const reviewsQuery = (query: QueryOf<typeof listReviews>) =>
  queryOptions({
    queryKey: ['reviews', query],
    queryFn: ({ signal }) => call(listReviews, { query, signal }),
    refetchInterval: 10_000,
  })

/** The queue, page by page; every page that is open is read anew. */
export const queueQuery = (query: QueryOf<typeof listReviews>) =>
  infiniteQueryOptions({
    queryKey: ['reviews', 'pages', query],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(listReviews, { query: { ...query, ...(pageParam === undefined ? {} : { cursor: pageParam }) }, signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: 10_000,
  })

export const reviewQuery = (reviewId: string) =>
  queryOptions({
    queryKey: ['review', reviewId],
    queryFn: ({ signal }) => call(getReview, { params: { reviewId }, signal }),
  })

export const reviewSummaryQuery = queryOptions({
  queryKey: ['reviews', 'summary'],
  queryFn: ({ signal }) => call(summariseReviews, { signal }),
  refetchInterval: 20_000,
})

export const profilesQuery = queryOptions({
  queryKey: ['profiles'],
  queryFn: ({ signal }) => call(listProfiles, { signal }),
})

export const unitsQuery = queryOptions({ queryKey: ['units'], queryFn: ({ signal }) => call(listUnits, { signal }) })

/** People, page by page. */
export const peopleQuery = (query: QueryOf<typeof listUsers>) =>
  infiniteQueryOptions({
    queryKey: ['users', 'pages', query],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(listUsers, { query: { ...query, ...(pageParam === undefined ? {} : { cursor: pageParam }) }, signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })

/** The first people that a wish finds. */
export const foundPeopleQuery = (query: QueryOf<typeof listUsers>) =>
  queryOptions({ queryKey: ['users', query], queryFn: ({ signal }) => call(listUsers, { query, signal }) })

/** These people, for their names. */
export const peopleByIdQuery = (userIds: readonly string[]) => {
  const ids = [...new Set(userIds)].toSorted().join(',')
  return { ...foundPeopleQuery({ ids, limit: 100 }), staleTime: 300_000 }
}

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => call(listTokens, { signal }),
})

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => call(listSessions, { signal }),
})
