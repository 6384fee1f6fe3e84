import type { PolicyInput, PolicyPost } from './policy-input.ts'

/** The post of an example that says nothing else: one person of the firm speaks to the public, with no profile chosen. */
export const exampleInput: PolicyInput = {
  post: { text: '', communicationClass: 'retail', static: false, topics: [], links: [], media: [], sources: [] },
  author: { id: 'author', unitPath: ['firm'], qualifications: [], trainingValid: true },
  targets: [],
  now: '2026-01-15T10:00:00.000Z',
}

type Overlay = Readonly<Record<string, unknown>>

/** Lays what an officer or a program wrote over the plain example. Lists replace, objects merge. */
export function overlayInput(base: PolicyInput, overlay: Overlay): PolicyInput {
  const targets = (overlay['targets'] ?? base.targets) as PolicyInput['targets']
  const library = overlay['libraryItem'] as PolicyInput['libraryItem']
  return {
    post: { ...base.post, ...(overlay['post'] as Partial<PolicyPost> | undefined) },
    author: { ...base.author, ...(overlay['author'] as Partial<PolicyInput['author']> | undefined) },
    targets: targets.map((target, index) => ({ ...target, profileId: target.profileId ?? `profile-${index + 1}` })),
    ...(library === undefined ? {} : { libraryItem: library }),
    now: typeof overlay['now'] === 'string' ? overlay['now'] : base.now,
  }
}
