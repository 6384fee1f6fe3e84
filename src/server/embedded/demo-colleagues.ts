import type { DemoPerson } from './demo-people.ts'

const writes = { en: 'Member of staff: writes posts', fr: 'Membre du personnel : écrit des publications' }

/**
 * More members of staff, for `npm run demo`: they can sign in, and stay off the sign-in page, which shows only the five
 * whom the story needs. Their units exist once the demo has entered them; until then they belong to the firm.
 */
export const demoColleagues: readonly DemoPerson[] = [
  {
    login: 'karim',
    name: 'Karim Benali',
    groups: ['staff'],
    locale: 'fr',
    unit: 'paris-private-banking',
    duty: writes,
  },
  { login: 'sophie', name: 'Sophie Garnier', groups: ['staff'], locale: 'fr', unit: 'lyon-branch', duty: writes },
  { login: 'hugo', name: 'Hugo Meyer', groups: ['staff'], locale: 'fr', unit: 'communications', duty: writes },
  { login: 'james', name: 'James Whitfield', groups: ['staff'], locale: 'en', unit: 'london-wealth', duty: writes },
  { login: 'priya', name: 'Priya Raman', groups: ['staff'], locale: 'en', unit: 'asset-management', duty: writes },
  { login: 'olivia', name: 'Olivia Hart', groups: ['staff'], locale: 'en', unit: 'communications', duty: writes },
]
