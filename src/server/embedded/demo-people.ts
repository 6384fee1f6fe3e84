/** Somebody of the evaluation firm; everybody's password is `demo`. */
export interface DemoPerson {
  readonly login: string
  readonly name: string
  readonly groups: readonly string[]
  readonly locale: 'en' | 'fr'
  /** Slug of the unit, as the provider's `unit` claim; the firm's root when absent or unknown. */
  readonly unit?: string
  /** What the person does, shown on the sign-in page. */
  readonly duty: { readonly en: string; readonly fr: string }
}

export const demoPassword = 'demo'

/** The five people whom the story of the product needs, in the order of the story. */
export const demoPeople: readonly DemoPerson[] = [
  {
    login: 'camille',
    name: 'Camille Laurent',
    groups: ['staff'],
    locale: 'fr',
    duty: { en: 'Member of staff: writes posts', fr: 'Collaboratrice : écrit des publications' },
  },
  {
    login: 'ines',
    name: 'Inès Moreau',
    groups: ['compliance', 'policy'],
    locale: 'fr',
    duty: { en: 'Compliance officer: decides, owns policy', fr: 'Conformité : décide, gère les règles' },
  },
  {
    login: 'tom',
    name: 'Tom Baker',
    groups: ['compliance', 'records'],
    locale: 'en',
    duty: { en: 'Compliance officer: decides, keeps records', fr: 'Conformité : décide, gère les archives' },
  },
  {
    login: 'ruth',
    name: 'Ruth Okafor',
    groups: ['audit', 'records'],
    locale: 'en',
    duty: { en: 'Auditor: searches, verifies, exports', fr: 'Auditrice : recherche, vérifie, exporte' },
  },
  {
    login: 'ada',
    name: 'Ada Lindqvist',
    groups: ['administration', 'policy'],
    locale: 'en',
    duty: {
      en: 'Administrator: profiles, units, second policy owner',
      fr: 'Administratrice : profils, entités, règles',
    },
  },
]

/** Groups of the embedded provider to roles, in the form of `config.oidc.groupRoles`. */
export const demoGroupRoles: Readonly<Record<string, readonly string[]>> = {
  staff: ['author'],
  compliance: ['reviewer'],
  policy: ['policy_owner'],
  records: ['records_officer'],
  audit: ['auditor'],
  administration: ['admin'],
}
