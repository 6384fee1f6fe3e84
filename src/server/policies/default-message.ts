import type { Bilingual } from './finding.ts'
import type { RawRule } from './raw-policy.ts'

const byDetector: Readonly<Record<string, Bilingual>> = {
  iban: {
    en: 'This looks like a bank account number (IBAN).',
    fr: 'Ceci ressemble à un numéro de compte bancaire (IBAN).',
  },
  card: { en: 'This looks like a payment card number.', fr: 'Ceci ressemble à un numéro de carte bancaire.' },
  'nir-fr': {
    en: 'This looks like a French social security number.',
    fr: 'Ceci ressemble à un numéro de sécurité sociale.',
  },
  'ssn-us': {
    en: 'This looks like a US social security number.',
    fr: 'Ceci ressemble à un numéro de sécurité sociale américain.',
  },
  email: { en: 'This is an e-mail address.', fr: 'Ceci est une adresse électronique.' },
  phone: { en: 'This is a telephone number.', fr: 'Ceci est un numéro de téléphone.' },
  'account-number': { en: 'This looks like an account number.', fr: 'Ceci ressemble à un numéro de compte.' },
  'record-number': {
    en: 'This looks like the number of a personal record.',
    fr: 'Ceci ressemble à un numéro de dossier personnel.',
  },
  figure: { en: 'This is a figure.', fr: 'Ceci est un chiffre.' },
}

const byKind: readonly (readonly [(rule: RawRule) => boolean, Bilingual])[] = [
  [
    (rule) => rule.require?.fits === true,
    { en: 'The text is too long for one of the networks.', fr: 'Le texte est trop long pour un des réseaux.' },
  ],
  [
    (rule) => rule.require?.altText === true,
    { en: 'An image has no description.', fr: "Une image n'a pas de description." },
  ],
  [(rule) => rule.require?.sources !== undefined, { en: 'A source is missing.', fr: 'Il manque une source.' }],
  [
    (rule) => rule.require?.disclosure !== undefined,
    {
      en: 'A required notice is missing, or cannot be seen without a click.',
      fr: 'Une mention obligatoire manque, ou ne se voit pas sans un clic.',
    },
  ],
  [
    (rule) => rule.require !== undefined,
    { en: 'Something that this post needs is missing.', fr: 'Il manque un élément obligatoire à ce message.' },
  ],
  [(rule) => rule.links !== undefined, { en: 'This link may not be used.', fr: 'Ce lien ne peut pas être utilisé.' }],
  [
    (rule) => rule.mentions !== undefined,
    { en: 'This account may not be mentioned.', fr: 'Ce compte ne peut pas être mentionné.' },
  ],
  [
    (rule) => rule.any !== undefined || rule.pattern !== undefined || rule.formats !== undefined,
    { en: 'This wording needs the eye of compliance.', fr: "Cette formulation demande l'avis de la conformité." },
  ],
]

/** What a finding says when its rule says nothing. */
export function defaultMessage(rule: RawRule): Bilingual {
  const detector = [rule.detector ?? []].flat()[0]
  const known = detector === undefined || rule.require !== undefined ? undefined : byDetector[detector]
  return (
    known ??
    byKind.find(([applies]) => applies(rule))?.[1] ?? {
      en: 'This post meets a condition of the policy.',
      fr: 'Ce message répond à une condition de la politique.',
    }
  )
}

/** What a finding says when its rule could not be run. */
export const errorMessage: Bilingual = {
  en: 'This rule could not be checked. A person must look at the post.',
  fr: "Cette règle n'a pas pu être vérifiée. Une personne doit examiner le message.",
}
