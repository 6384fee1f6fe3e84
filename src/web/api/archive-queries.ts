import { queryOptions } from '@tanstack/react-query'
import { getArchiveStatus, getPostTimeline, getRecord, getRecordProof } from '#shared/api/archive.ts'
import { getExport, listExports } from '#shared/api/exports.ts'
import { listHolds, listRetention } from '#shared/api/holds.ts'
import { call } from './call.ts'

export const holdsQuery = queryOptions({
  queryKey: ['holds'],
  queryFn: ({ signal }) => call(listHolds, { query: { limit: 200 }, signal }),
})

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => call(listRetention, { signal }),
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
