/** What was just done, said once at the foot of the window: to the eye for some seconds, and to a screen reader. */
let words = ''
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

const shownMilliseconds = 8_000

function say(next: string): void {
  words = next
  for (const listener of listeners) listener()
}

export function announce(sentence: string): void {
  clearTimeout(timer)
  say(sentence)
  timer = setTimeout(() => say(''), shownMilliseconds)
}

export function readAnnounced(): string {
  return words
}

export function onAnnounced(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
