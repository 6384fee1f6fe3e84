export type ColorTheme = 'light' | 'dark' | 'system'

const storageKey = 'gateway.theme'
const prefersDark = matchMedia('(prefers-color-scheme: dark)')

export function chosenTheme(): ColorTheme {
  const chosen = localStorage.getItem(storageKey)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

export function chooseTheme(theme: ColorTheme): void {
  localStorage.setItem(storageKey, theme)
  applyTheme()
}

/** What is shown now, with the system's wish where nothing was chosen. */
export function shownTheme(): 'light' | 'dark' {
  const chosen = chosenTheme()
  if (chosen !== 'system') return chosen
  return prefersDark.matches ? 'dark' : 'light'
}

/** Sets the page's scheme, now and whenever the system changes. */
export function applyTheme(): void {
  setScheme()
  prefersDark.addEventListener('change', setScheme)
}

function setScheme(): void {
  document.documentElement.setAttribute('data-mantine-color-scheme', shownTheme())
}
