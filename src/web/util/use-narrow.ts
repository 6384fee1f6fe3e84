import { useSyncExternalStore } from 'react'

const narrow = window.matchMedia('(max-width: 720px)')

function watch(changed: () => void): () => void {
  narrow.addEventListener('change', changed)
  return () => narrow.removeEventListener('change', changed)
}

/** Is the window a phone’s? The same width as in the stylesheet. */
export function useNarrow(): boolean {
  return useSyncExternalStore(watch, () => narrow.matches)
}
