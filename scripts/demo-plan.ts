import type { Language } from '#shared/api/common.ts'
import { ordinary, risky, slots, type DemoText } from './demo-texts.ts'

/** Where the demo wants a post to end. */
export type Goal =
  | 'draft'
  | 'in_review'
  | 'changes_requested'
  | 'revised'
  | 'rejected'
  | 'published'
  | 'scheduled'
  | 'withdrawn'
  | 'retracted'
  | 'stopped'

/** One post of the demo, the same at every run. */
export interface PlannedPost {
  /** Idempotency key and name of the post in this program. */
  readonly key: string
  readonly author: string
  readonly language: Language
  readonly text: string
  readonly link?: DemoText['link']
  readonly profiles: readonly string[]
  readonly goal: Goal
  readonly reviewer: 'ines' | 'tom'
  readonly daysAhead: number
  /** What its picture shows, for those who cannot see it; empty where the author forgot to say. Absent: no picture. */
  readonly picture?: string
}

interface DemoProfile {
  readonly handle: string
  readonly displayName: string
  readonly unit: string
}

export const demoFirmName = 'Meridian Group'

export const demoUnits = [
  { slug: 'france', name: 'France', parent: undefined },
  { slug: 'united-kingdom', name: 'United Kingdom', parent: undefined },
  { slug: 'communications', name: 'Group Communications', parent: undefined },
  { slug: 'asset-management', name: 'Meridian Asset Management', parent: undefined },
  { slug: 'paris-private-banking', name: 'Banque privée Paris', parent: 'france' },
  { slug: 'lyon-branch', name: 'Agence de Lyon', parent: 'france' },
  { slug: 'london-wealth', name: 'London Wealth', parent: 'united-kingdom' },
] as const

/** The stopped one shows what an engaged stop does. */
export const stoppedProfile = 'meridian-asset-management'

export const demoProfiles: readonly DemoProfile[] = [
  { handle: 'meridian-france', displayName: 'Meridian France', unit: 'france' },
  { handle: 'meridian-uk', displayName: 'Meridian UK', unit: 'united-kingdom' },
  { handle: stoppedProfile, displayName: 'Meridian Asset Management', unit: 'asset-management' },
  { handle: 'camille-laurent', displayName: 'Camille Laurent', unit: 'communications' },
  { handle: 'karim-benali', displayName: 'Karim Benali', unit: 'paris-private-banking' },
  { handle: 'james-whitfield', displayName: 'James Whitfield', unit: 'london-wealth' },
]

const authors: Record<Language, readonly { login: string; profiles: readonly string[] }[]> = {
  fr: [
    { login: 'camille', profiles: ['meridian-bank'] },
    { login: 'karim', profiles: ['karim-benali'] },
    { login: 'sophie', profiles: ['meridian-france'] },
    { login: 'hugo', profiles: ['meridian-bank', 'meridian-france'] },
    { login: 'camille', profiles: ['camille-laurent'] },
  ],
  en: [
    { login: 'james', profiles: ['james-whitfield'] },
    { login: 'priya', profiles: ['meridian-uk'] },
    { login: 'olivia', profiles: ['meridian-bank', 'meridian-uk'] },
    { login: 'camille', profiles: ['meridian-bank'] },
    { login: 'olivia', profiles: ['meridian-uk'] },
  ],
}

/** Of twenty ordinary posts, where each ends. */
const ordinaryGoals: readonly Goal[] = [
  'published',
  'published',
  'scheduled',
  'published',
  'in_review',
  'published',
  'published',
  'changes_requested',
  'published',
  'scheduled',
  'published',
  'revised',
  'published',
  'stopped',
  'in_review',
  'published',
  'draft',
  'published',
  'withdrawn',
  'retracted',
]

/** A risky post that policy lets through to an officer; one that it blocks stays blocked or is rewritten. */
const riskyGoals: readonly Goal[] = ['rejected', 'changes_requested', 'in_review', 'revised', 'rejected']

/** All posts, in the order in which they are written. `size` is the number wanted; there are never more than texts. */
export function planPosts(size: number): PlannedPost[] {
  const planned: PlannedPost[] = []
  const seen = new Set<string>()
  for (let round = 0; planned.length < size && round < 40; round++) {
    for (const language of ['en', 'fr'] as const) {
      // Every fourth post is one for which the gateway exists.
      const kind = round % 4 === 1 ? risky : ordinary
      for (const [index, template] of kind[language].entries()) {
        const text = fill(template.text, language, round + index)
        if (planned.length >= size || seen.has(text)) continue
        seen.add(text)
        planned.push(plan(planned.length, language, { ...template, text }, kind === risky))
      }
    }
  }
  return planned
}

function plan(number: number, language: Language, template: DemoText, isRisky: boolean): PlannedPost {
  const goals = isRisky ? riskyGoals : ordinaryGoals
  const goal = goals[(number * 7) % goals.length]!
  const author = authors[language][number % authors[language].length]!
  return {
    key: `demo-${number}`,
    author: author.login,
    language,
    text: template.text,
    ...(template.link === undefined ? {} : { link: template.link }),
    profiles: goal === 'stopped' ? [stoppedProfile] : author.profiles,
    goal,
    reviewer: number % 3 === 0 ? 'tom' : 'ines',
    daysAhead: 1 + (number % 60),
    ...pictureOf(number, language, isRisky),
  }
}

const pictureWords = {
  en: 'Drawing of a town at dawn, with lights in a few windows',
  fr: 'Dessin d’une ville à l’aube, quelques fenêtres éclairées',
}

/** Every seventh ordinary post has a picture; one author in four forgets to describe it. */
function pictureOf(number: number, language: Language, isRisky: boolean): { picture?: string } {
  if (isRisky || number % 7 !== 3) return {}
  return { picture: number % 4 === 1 ? '' : pictureWords[language] }
}

function fill(text: string, language: Language, turn: number): string {
  const values: Record<string, readonly string[]> = slots[language]
  return text.replace(/\{(\w+)\}/g, (all, name: string) => {
    const choices = values[name] ?? [all]
    return choices[(turn + name.length) % choices.length]!
  })
}
