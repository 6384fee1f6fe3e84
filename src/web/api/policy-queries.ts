import { queryOptions } from '@tanstack/react-query'
import type { QueryOf } from '#shared/api/endpoint.ts'
import { getPolicyVersion, listPolicies } from '#shared/api/policies.ts'
import { findTouched, getSimulation, listSimulations, readPrecision } from '#shared/api/simulations.ts'
import { call } from './call.ts'

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
