/** The words of `posts.html`. */
export interface PageWords {
  readonly title: string
  readonly intro: string
  readonly reason: string
  readonly recipient: string
  readonly requestedBy: string
  readonly requestedAt: string
  readonly post: string
  readonly unit: string
  readonly text: string
  readonly firstUse: string
  readonly lastUse: string
  readonly stillUp: string
  readonly neverUsed: string
  readonly principal: string
  readonly notApproved: string
  readonly preparedBy: string
  readonly sources: string
  readonly none: string
  readonly communicationClass: string
  readonly verdict: string
  readonly links: string
  readonly media: string
  readonly exception: string
  readonly notUsed: string
  readonly revisions: string
  readonly stages: string
  readonly at: string
  readonly what: string
  readonly who: string
  readonly detail: string
  readonly noPosts: string
}

export const pageWords: Readonly<Record<'en' | 'fr', PageWords>> = {
  en: {
    title: 'Posts',
    intro:
      'This page renders the records of the package for reading. README.md says how the records themselves are verified.',
    reason: 'Reason',
    recipient: 'Recipient',
    requestedBy: 'Requested by',
    requestedAt: 'Requested on',
    post: 'Post',
    unit: 'Unit',
    text: 'Text',
    firstUse: 'First use',
    lastUse: 'Last use',
    stillUp: 'still up as of',
    neverUsed: 'never published',
    principal: 'Approved by (principal), on',
    notApproved: 'not approved before use',
    preparedBy: 'Prepared by, on',
    sources: 'Sources of figures',
    none: 'none given',
    communicationClass: 'Communication class',
    verdict: 'Policy verdict, version',
    links: 'Published at',
    media: 'Media',
    exception: 'FINRA letter (filing exception)',
    notUsed: 'not used',
    revisions: 'Earlier revisions',
    stages: 'Stages',
    at: 'Time',
    what: 'What happened',
    who: 'Who',
    detail: 'Detail',
    noPosts: 'No post belongs to the records of this package.',
  },
  fr: {
    title: 'Publications',
    intro:
      'Cette page présente les enregistrements du paquet pour la lecture. README.md explique comment vérifier les enregistrements eux-mêmes.',
    reason: 'Motif',
    recipient: 'Destinataire',
    requestedBy: 'Demandé par',
    requestedAt: 'Demandé le',
    post: 'Publication',
    unit: 'Unité',
    text: 'Texte',
    firstUse: 'Première utilisation',
    lastUse: 'Dernière utilisation',
    stillUp: 'encore en ligne au',
    neverUsed: 'jamais publiée',
    principal: 'Approuvée par (responsable), le',
    notApproved: 'non approuvée avant utilisation',
    preparedBy: 'Préparée par, le',
    sources: 'Sources des chiffres',
    none: 'aucune indiquée',
    communicationClass: 'Catégorie de communication',
    verdict: 'Avis de la politique, version',
    links: 'Publiée à l’adresse',
    media: 'Médias',
    exception: 'Lettre FINRA (exception de dépôt)',
    notUsed: 'non utilisée',
    revisions: 'Révisions antérieures',
    stages: 'Étapes',
    at: 'Heure',
    what: 'Ce qui s’est passé',
    who: 'Qui',
    detail: 'Détail',
    noPosts: 'Aucune publication ne se rattache aux enregistrements de ce paquet.',
  },
}
