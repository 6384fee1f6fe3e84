import type { Language } from '#shared/api/common.ts'

const en = {
  title: 'Sandbox',
  lead: 'A network built into this gateway, to see where approved posts go. Nothing here has left this machine.',
  latest: 'Latest posts',
  postsOf: (handle: string) => `Posts of @${handle}`,
  post: (handle: string) => `Post of @${handle}`,
  empty: 'Nothing has been published yet. A post appears here once it is approved and its evidence is sealed.',
  emptyAccount: 'This account has published nothing, or its posts were retracted.',
  missing: 'This post is not here',
  missingLead: 'It was retracted, or it never was.',
  back: 'All posts',
  older: 'Older posts',
  newer: 'Newest posts',
  feed: 'JSON feed',
  other: 'Français',
  skip: 'Skip to the posts',
  arrived: 'New post:',
  published: 'Published',
  attachment: 'Attached file',
  links: 'Links',
}

const fr: typeof en = {
  title: 'Sandbox',
  lead: 'Un réseau intégré à cette passerelle, pour voir où vont les publications approuvées. Rien ici n’a quitté cette machine.',
  latest: 'Dernières publications',
  postsOf: (handle) => `Publications de @${handle}`,
  post: (handle) => `Publication de @${handle}`,
  empty: 'Rien n’est encore paru. Une publication apparaît ici une fois approuvée et sa preuve scellée.',
  emptyAccount: 'Ce compte n’a rien publié, ou ses publications ont été retirées.',
  missing: 'Cette publication n’est pas ici',
  missingLead: 'Elle a été retirée, ou n’a jamais existé.',
  back: 'Toutes les publications',
  older: 'Publications plus anciennes',
  newer: 'Publications récentes',
  feed: 'Flux JSON',
  other: 'English',
  skip: 'Aller aux publications',
  arrived: 'Nouvelle publication :',
  published: 'Publié',
  attachment: 'Fichier joint',
  links: 'Liens',
}

/** The words of the sandbox's public pages. */
export const sandboxWords: Readonly<Record<Language, typeof en>> = { en, fr }
