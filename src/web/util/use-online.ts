import { useSyncExternalStore } from 'react'

function watch(changed: () => void): () => void {
  window.addEventListener('online', changed)
  window.addEventListener('offline', changed)
  return () => {
    window.removeEventListener('online', changed)
    window.removeEventListener('offline', changed)
  }
}

/** Does the browser have a line? A gateway that is away on a good line is told by the call that it does not answer. */
export function useOnline(): boolean {
  return useSyncExternalStore(watch, () => navigator.onLine)
}
