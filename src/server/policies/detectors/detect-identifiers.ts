import type { CountryCode } from 'libphonenumber-js/max'
import { hasEnoughDigits, openCompactView, type CompactView, type Range } from './compact-view.ts'
import { detectCard } from './detect-card.ts'
import { detectEmail } from './detect-email.ts'
import { detectFigure } from './detect-figure.ts'
import { detectIban } from './detect-iban.ts'
import { detectNir } from './detect-nir.ts'
import { detectPhone } from './detect-phone.ts'
import { detectNamedNumber } from './detect-record-number.ts'
import { detectSsn } from './detect-ssn.ts'

export type DetectorName =
  | 'iban'
  | 'card'
  | 'nir-fr'
  | 'ssn-us'
  | 'email'
  | 'phone'
  | 'account-number'
  | 'record-number'
  | 'figure'

interface Reading {
  readonly text: string
  readonly view: CompactView | undefined
  readonly countries: () => readonly CountryCode[]
}

const none: readonly Range[] = []

/** Each detector by its name in a policy. */
const detectors: Readonly<Record<DetectorName, (reading: Reading) => readonly Range[]>> = {
  iban: ({ view }) => (view === undefined ? none : detectIban(view)),
  card: ({ view, text }) => (view === undefined ? none : detectCard(view, text)),
  'nir-fr': ({ view }) => (view === undefined ? none : detectNir(view)),
  'ssn-us': ({ view, text }) => (view === undefined ? none : detectSsn(view, text)),
  email: ({ text }) => (text.includes('@') ? detectEmail(text) : none),
  phone: ({ view, text, countries }) => (view === undefined ? none : detectPhone(view, text, countries())),
  'account-number': ({ view, text }) => (view === undefined ? none : detectNamedNumber('account-number', text)),
  'record-number': ({ view, text }) => (view === undefined ? none : detectNamedNumber('record-number', text)),
  figure: ({ text }) => (/\d/.test(text) ? detectFigure(text) : none),
}

/** Detectors that find nothing without digits. */
const ofDigits: Readonly<Record<DetectorName, boolean>> = {
  iban: true,
  card: true,
  'nir-fr': true,
  'ssn-us': true,
  email: false,
  phone: true,
  'account-number': true,
  'record-number': true,
  figure: false,
}

/** Runs detectors over one text, each at most once whoever asks. */
export class IdentifierReader {
  readonly #text: string
  readonly #countries: () => readonly CountryCode[]
  readonly #found = new Map<DetectorName, readonly Range[]>()
  #lower: string | undefined
  #hasDigits: boolean | undefined

  constructor(text: string, countries: () => readonly CountryCode[]) {
    this.#text = text
    this.#countries = countries
  }

  /** The text in lower case, made once. */
  get lower(): string {
    return (this.#lower ??= this.#text.toLowerCase())
  }

  /** Ranges that one detector finds, in order. */
  detect(name: DetectorName): readonly Range[] {
    if (ofDigits[name] && !(this.#hasDigits ??= hasEnoughDigits(this.#text))) return none
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const ranges = detectors[name]({ text: this.#text, view: openCompactView(this.#text), countries: this.#countries })
    this.#found.set(name, ranges)
    return ranges
  }
}
