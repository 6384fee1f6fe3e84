import { useEffect } from 'react'

/** An element and all that it stands in, the innermost first. */
export function pathOf(element: Element | null): readonly Element[] {
  const path: Element[] = []
  for (let at = element; at !== null; at = at.parentElement) path.push(at)
  return path
}

/** Focuses the first of a path, or where that cannot be, what it stood in: the form’s first field, the line, section or page. */
export function focusNearest(path: readonly Element[]): void {
  const [first] = path
  const canBe = first?.isConnected === true && !first.matches(':disabled')
  const near = canBe ? first : path.find((one) => one.isConnected && one.matches('form, li, section, main'))
  const home = near?.matches('form') === true ? near.querySelector('input, select, textarea') : near
  if (!(home instanceof HTMLElement)) return
  if (home.matches('li, section') && !home.hasAttribute('tabindex')) home.tabIndex = -1
  home.focus({ preventScroll: true })
}

/**
 * What was done takes its own button away, or disables it while it waits: the keys go on beside it or at it, not at the top of
 * the page.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let path = pathOf(document.activeElement)
    const remember = ({ target }: FocusEvent) => {
      path = pathOf(target as Element)
    }
    const observer = new MutationObserver((changes) => {
      const [last] = path
      if (last === undefined || document.activeElement !== document.body) return
      const isBack =
        changes.some(({ type, target }) => type === 'attributes' && target === last) && !last.matches('[data-loading]')
      if (isBack || !last.isConnected) focusNearest(path)
    })
    document.addEventListener('focusin', remember)
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled', 'data-loading'] })
    return () => {
      document.removeEventListener('focusin', remember)
      observer.disconnect()
    }
  }, [])
}
