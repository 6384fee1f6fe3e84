import { useEffect, useRef } from 'react'
import type { MessageDescriptor } from '@lingui/core'

/** One shortcut: a key (`j`, `?`, `Escape`), or two after each other (`g q`). Single letters never act while typing or in a dialog. */
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
  latest.current = shortcuts
  useEffect(() => {
    // Asked at the moment of the key, so that a re-render costs nothing here.
    const ask = () => latest.current
    registered.add(ask)
    return () => void registered.delete(ask)
  }, [])
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
  if (isTyping(event.target) || document.querySelector('[role=dialog]') !== null || !shortcutsAreOn()) return
  const { key } = event
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
