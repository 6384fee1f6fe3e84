import { queryOptions } from '@tanstack/react-query'
import { getArchiveStatus, getPostTimeline, getRecord, getRecordProof } from '#shared/api/archive.ts'
import type { QueryOf } from '#shared/api/endpoint.ts'
import { getExport, listExports } from '#shared/api/exports.ts'
import { listHolds } from '#shared/api/holds.ts'
import { getMe, listSessions, listTokens, listUnits, listUsers, type Me } from '#shared/api/identity.ts'
import { listExaminers } from '#shared/api/people.ts'
import { getPolicyVersion, listPolicies } from '#shared/api/policies.ts'
import { getPost, listPosts } from '#shared/api/posts.ts'
import { listProfiles } from '#shared/api/profiles.ts'
import { listStops } from '#shared/api/publishing.ts'
import { findTouched, getSimulation, listSimulations, readPrecision } from '#shared/api/simulations.ts'
import { getReview, listReviews, summariseReviews } from '#shared/api/reviews.ts'
import { call, keepCsrfToken } from './call.ts'

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

export const postsQuery = (query: QueryOf<typeof listPosts>) =>
  queryOptions({
    queryKey: ['posts', query],
    queryFn: ({ signal }) => call(listPosts, { query, signal }),
    refetchInterval: 10_000,
  })

export const reviewsQuery = (query: QueryOf<typeof listReviews>) =>
  queryOptions({
    queryKey: ['reviews', query],
    queryFn: ({ signal }) => call(listReviews, { query, signal }),
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
export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: ({ signal }) => call(listPolicies, { signal }),
})
export const policyVersionQuery = (version: string) =>
  queryOptions({
    queryKey: ['policies', version],
    queryFn: ({ signal }) => call(getPolicyVersion, { params: { version }, signal }),
  })
export const touchedQuery = (version: string) =>
  queryOptions({
    queryKey: ['touched', version],
    queryFn: ({ signal }) => call(findTouched, { body: { version }, signal }),
  })
export const simulationsQuery = queryOptions({
  queryKey: ['simulations'],
  queryFn: ({ signal }) => call(listSimulations, { query: { limit: 50 }, signal }),
})
export const simulationQuery = (simulationId: string) =>
  queryOptions({
    queryKey: ['simulations', simulationId],
    queryFn: ({ signal }) => call(getSimulation, { params: { simulationId }, signal }),
    refetchInterval: ({ state }) =>
      state.data === undefined || ['waiting', 'running'].includes(state.data.state) ? 700 : false,
  })
export const precisionQuery = (query: QueryOf<typeof readPrecision>) =>
  queryOptions({
    queryKey: ['precision', query],
    queryFn: ({ signal }) => call(readPrecision, { query, signal }),
  })
export const stopsQuery = queryOptions({
  queryKey: ['stops'],
  queryFn: ({ signal }) => call(listStops, { signal }),
  refetchInterval: 10_000,
})
export const unitsQuery = queryOptions({ queryKey: ['units'], queryFn: ({ signal }) => call(listUnits, { signal }) })
export const usersQuery = queryOptions({ queryKey: ['users'], queryFn: ({ signal }) => call(listUsers, { signal }) })
export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => call(listTokens, { signal }),
})
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => call(listSessions, { signal }),
})
export const holdsQuery = queryOptions({
  queryKey: ['holds'],
  queryFn: ({ signal }) => call(listHolds, { query: { limit: 200 }, signal }),
})
export const examinersQuery = queryOptions({
  queryKey: ['examiners'],
  queryFn: ({ signal }) => call(listExaminers, { signal }),
  refetchInterval: 30_000,
})
export const archiveStatusQuery = queryOptions({
  queryKey: ['archive', 'status'],
  queryFn: ({ signal }) => call(getArchiveStatus, { signal }),
  refetchInterval: 5_000,
})

export const recordQuery = (recordId: string) =>
  queryOptions({
    queryKey: ['archive', 'record', recordId],
    staleTime: 60_000,
    queryFn: ({ signal }) => call(getRecord, { params: { recordId }, signal }),
  })
export const proofQuery = (recordId: string) =>
  queryOptions({
    queryKey: ['archive', 'proof', recordId],
    retry: false,
    queryFn: ({ signal }) => call(getRecordProof, { params: { recordId }, signal }),
  })
export const timelineQuery = (postId: string) =>
  queryOptions({
    queryKey: ['archive', 'timeline', postId],
    staleTime: 60_000,
    queryFn: ({ signal }) => call(getPostTimeline, { params: { postId }, signal }),
  })

export const exportsQuery = queryOptions({
  queryKey: ['exports'],
  queryFn: ({ signal }) => call(listExports, { signal }),
  refetchInterval: 5_000,
})
export const exportQuery = (exportId: string) =>
  queryOptions({
    queryKey: ['export', exportId],
    queryFn: ({ signal }) => call(getExport, { params: { exportId }, signal }),
    refetchInterval: ({ state }) =>
      state.data === undefined || ['waiting', 'running'].includes(state.data.status) ? 700 : false,
  })
