import { QueryClient } from '@tanstack/react-query'
import { CallError } from './call.ts'

/** Refusals are final; only silence is asked again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && error instanceof CallError && (error.status === 0 || error.status === 503),
    },
  },
})
