import type { FrenchSentences } from './french-sentences.ts'

export const policiesInFrench: FrenchSentences = {
  'No such policy version.': 'Cette version des règles n’existe pas.',
  'This version is already active.': 'Cette version est déjà en vigueur.',
  'A second person must approve this version before it can go live.':
    'Une seconde personne doit approuver cette version avant son entrée en vigueur.',
  'The stated time has come.': 'L’heure fixée est venue.',
  'You wrote this version; another policy owner must approve it.':
    'Vous avez écrit cette version ; un autre responsable des règles doit l’approuver.',
  'This version is already {status}.': 'L’état de cette version est déjà : {status}.',
  'The policy “{name}” is gone.': 'Le fichier de règles « {name} » a disparu.',
  'It adds no rule.': 'Il n’ajoute aucune règle.',
  'The new rule “{name}” does not block.': 'La nouvelle règle « {name} » ne bloque pas.',
  '“{part}” of “{name}” changed.': '« {part} » de « {name} » a changé.',
  'The list “{list}” of “{name}” changed.': 'La liste « {list} » de « {name} » a changé.',
  'The rule “{name}” changed.': 'La règle « {name} » a changé.',
  'The policy version of this post is missing. The post waits until an administrator restores it.':
    'La version des règles de cette publication manque. La publication attend qu’un administrateur la rétablisse.',
  'This version does not load under the program that runs now, so the running version stays. Write it anew as a draft: that names every mistake.':
    'Cette version ne se charge pas avec le programme actuel : la version en vigueur reste. Écrivez-la de nouveau comme projet : chaque erreur sera nommée.',
  'These files are already version {version}.': 'Ces fichiers sont déjà la version {version}.',
  'The policy has {count} mistake(s); the running version stays. First: {field}: {sentence}':
    'Erreurs dans les règles : {count} ; la version en vigueur reste. La première, {field} : {sentence}',
  '{count} case(s) fail; the running version stays. First: {field}: {sentence}':
    'Cas en échec : {count} ; la version en vigueur reste. Le premier, {field} : {sentence}',
  'The version has no rule “{name}”.': 'La version n’a pas de règle « {name} ».',
  'Shipped with the program: a starting point, not legal advice.':
    'Livrée avec le programme : un point de départ, pas un conseil juridique.',
  'No policy is active, so nothing can be judged. Your text is kept; a policy owner must activate a version.':
    'Aucune version des règles n’est en vigueur : rien ne peut être jugé. Votre texte est gardé ; un responsable des règles doit mettre une version en vigueur.',
  'The thread that compiles a policy ended without an answer.':
    'La compilation des règles s’est terminée sans réponse.',
  'A policy binds the whole firm: a policy owner of the firm must do this.':
    'Les règles engagent tout l’établissement : il faut un responsable des règles de l’établissement.',
  'An emergency starts at once. Leave out the time.':
    'Une mise en vigueur d’urgence est immédiate. N’indiquez pas d’heure.',
  'Only a draft starts as an emergency; this version is {status}.':
    'Seul un projet peut être activé en urgence ; l’état de cette version : {status}.',
  'Another version has just come into force. Look at this one again, then start it.':
    'Une autre version vient d’entrer en vigueur. Regardez de nouveau celle-ci, puis activez-la.',
  'No version is active, so there is nothing to add to.':
    'Aucune version n’est en vigueur : il n’y a rien à compléter.',
  'Only a draft that adds block rules to the active version starts without a second person. {sentence}':
    'Sans seconde personne, seul peut être activé un projet qui ajoute des règles bloquantes à la version en vigueur. {sentence}',
  'You started this version; another policy owner must approve it.':
    'Vous avez activé cette version ; un autre responsable des règles doit l’approuver.',
  'The second approval of the emergency version {version} did not come by {at}.':
    'La seconde approbation de la version d’urgence {version} n’est pas venue avant le {at}.',
  'Nobody has simulated this version. Simulate it over the past and look at what it would change; then it can be approved and go live.':
    'Personne n’a simulé cette version. Simulez-la sur le passé et regardez ce qu’elle changerait ; elle pourra alors être approuvée et entrer en vigueur.',
  'The simulation of this version is under way. Wait until it has ended, and look at its report.':
    'La simulation de cette version est en cours. Attendez qu’elle soit terminée, et regardez son rapport.',
  'Another version has come into force since this one was simulated. Simulate it again, so that its report compares it with what is in force.':
    'Une autre version est entrée en vigueur depuis la simulation de celle-ci. Simulez-la de nouveau, pour que son rapport la compare à ce qui est en vigueur.',
  'This version was simulated over the posts of some units only, and it would bind the whole firm. A policy owner of the firm must simulate it.':
    'Cette version n’a été simulée que sur les publications de certaines unités, et elle engagerait tout l’établissement. Un responsable des règles de l’établissement doit la simuler.',
}
