import { useEffect, useLayoutEffect, useRef } from 'react'
import type { MessageDescriptor } from '@lingui/core'

/**
 * One shortcut: a key (`j`, `?`, `Escape`), two after each other (`g q`), or one held with Ctrl or ⌘ (`Ctrl+K`). The
 * last kind acts while typing too; the others never do. None acts in a dialog.
 */
export interface Shortcut {
  readonly keys: string
  readonly label: MessageDescriptor | string
  readonly run: () => void
}

const storageKey = 'gateway.shortcuts'
const registered = new Set<() => readonly Shortcut[]>()
let pending = ''

/** Every shortcut that acts now, for the sheet: the registry is the only list there is. */
export function currentShortcuts(): Shortcut[] {
  return [...registered].flatMap((ask) => ask())
}

export function shortcutsAreOn(): boolean {
  return localStorage.getItem(storageKey) !== 'off'
}

export function switchShortcuts(on: boolean): void {
  localStorage.setItem(storageKey, on ? 'on' : 'off')
}

/** Registers shortcuts while the component stands. */
export function useKeys(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts)
  useLayoutEffect(() => {
    latest.current = shortcuts
  })
  useEffect(() => {
    // Asked at the moment of the key, so that a re-render costs nothing here.
    const ask = () => latest.current
    registered.add(ask)
    return () => void registered.delete(ask)
  }, [])
}

/** What the Enter key already means something to. */
function takesEnter(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a, button, summary') !== null
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

document.addEventListener('keydown', (event) => {
  if (event.altKey || event.defaultPrevented || document.querySelector('[role=dialog]') !== null) return
  if (event.ctrlKey || event.metaKey) return runHeld(event)
  if (isTyping(event.target) || !shortcutsAreOn()) return
  const { key } = event
  if (key === 'Enter' && takesEnter(event.target)) return
  const wanted = pending === '' ? key : `${pending} ${key}`
  pending = ''
  const all = currentShortcuts()
  const hit = all.findLast((shortcut) => shortcut.keys === wanted)
  if (hit !== undefined) {
    event.preventDefault()
    hit.run()
  } else if (all.some((shortcut) => shortcut.keys.startsWith(`${key} `))) {
    pending = key
  }
})

function runHeld(event: KeyboardEvent): void {
  const wanted = `ctrl+${event.key.toLowerCase()}`
  const hit = currentShortcuts().findLast((shortcut) => shortcut.keys.toLowerCase() === wanted)
  if (hit === undefined) return
  event.preventDefault()
  hit.run()
}
