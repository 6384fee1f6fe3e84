import { i18n } from '@lingui/core'
import type { Language } from '#shared/api/common.ts'

const storageKey = 'gateway.language'

/** The language that the person chose, else the browser's. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(storageKey)
  if (chosen === 'fr' || chosen === 'en') return chosen
  return navigator.languages.some((tag) => tag.startsWith('fr')) && !navigator.languages[0]?.startsWith('en')
    ? 'fr'
    : 'en'
}

/** The chosen language as the reader's region writes dates and figures: en-GB is not en-US. */
export function regionalLocale(): string {
  const { locale } = i18n
  const regional = navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${locale}-`))
  return regional ?? (locale === 'en' ? 'en-GB' : locale)
}

/** Loads one language's texts and shows the page in it. */
export async function activateLanguage(language: Language): Promise<void> {
  const { messages } = language === 'fr' ? await import('#web/locales/fr.po') : await import('#web/locales/en.po')
  i18n.loadAndActivate({ locale: language, messages })
  document.documentElement.lang = language
}

/** Keeps the choice for the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(storageKey, language)
  await activateLanguage(language)
}
