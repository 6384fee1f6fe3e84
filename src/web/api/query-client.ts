import { QueryClient } from '@tanstack/react-query'
import { CallError } from './call.ts'

/**
 * Refusals are final; only silence is asked again. Without a line a call fails at once: one that waited for the line would
 * be sent by itself, at a moment that nobody chose.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      refetchOnReconnect: true,
      staleTime: 5_000,
      retry: (count, error) =>
        count < 2 && navigator.onLine && error instanceof CallError && (error.status === 0 || error.status === 503),
    },
  },
})
