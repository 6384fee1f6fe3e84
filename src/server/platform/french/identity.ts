import type { FrenchSentences } from './french-sentences.ts'

export const identityInFrench: FrenchSentences = {
  'The identity provider does not answer, so its tokens cannot be proven just now. Try again in a minute, or use an API token.':
    'Le fournisseur d’identité ne répond pas : ses jetons ne peuvent pas être vérifiés pour l’instant. Réessayez dans une minute, ou utilisez un jeton d’API.',
  'Your roles changed a moment ago. Open this again and see what you may do now.':
    'Vos rôles viennent de changer. Rouvrez ceci et voyez ce qui vous est permis maintenant.',
  'This token is unknown, expired or revoked. Make a new one, or sign in again.':
    'Ce jeton est inconnu, expiré ou révoqué. Créez-en un autre, ou reconnectez-vous.',
  'Sign in first: open /auth/login in a browser, or send an API token as “Authorization: Bearer …”.':
    'Connectez-vous d’abord : ouvrez /auth/login dans un navigateur, ou envoyez un jeton d’API dans « Authorization: Bearer … ».',
  'This needs the permission {permission}, which none of your roles carries. Ask your administrator.':
    'Il faut la permission {permission}, qu’aucun de vos rôles ne donne. Adressez-vous à votre administrateur.',
  'You are signed in, but you have no role here yet. Ask your administrator for one.':
    'Vous êtes connecté, mais vous n’avez pas encore de rôle ici. Demandez-en un à votre administrateur.',
  'You are signed in, but the identity provider did not say which groups you belong to, so you have no role. Your administrator can have it send them.':
    'Vous êtes connecté, mais le service de connexion n’a pas dit à quels groupes vous appartenez : vous n’avez donc aucun rôle. Votre administrateur peut les lui faire transmettre.',
  'You are signed in, but you belong to more groups than the identity provider sends, so you have no role. Your administrator can have it send only the gateway’s groups (in Microsoft Entra: “Groups assigned to the application”), or send application roles and set GATEWAY_OIDC_GROUPS_CLAIM to roles.':
    'Vous êtes connecté, mais vous appartenez à plus de groupes que le service de connexion n’en transmet : vous n’avez donc aucun rôle. Votre administrateur peut ne lui faire transmettre que les groupes de la passerelle (dans Microsoft Entra : « Groupes affectés à l’application »), ou lui faire transmettre des rôles d’application et régler GATEWAY_OIDC_GROUPS_CLAIM sur roles.',
  'For this you must have signed in within the last {minutes} minutes. Sign in again and repeat it.':
    'Pour cela, votre connexion doit dater de moins de {minutes} minutes. Reconnectez-vous et recommencez.',
  'Your session has ended. Sign in again; what you were writing is kept in this window.':
    'Votre session est terminée. Reconnectez-vous ; ce que vous écriviez est gardé dans cette fenêtre.',
  'API tokens are made by a signed-in person, not by another token.':
    'Un jeton d’API est créé par une personne connectée, pas par un autre jeton.',
  'A token cannot do more than you: you do not hold {permissions}.':
    'Un jeton ne peut pas plus que vous : vous n’avez pas {permissions}.',
  'You do not manage the unit above. Ask its administrator.':
    'Vous n’administrez pas l’unité supérieure. Adressez-vous à son administrateur.',
  'The slug “{slug}” is in use. Choose another.': 'Le nom court « {slug} » est déjà pris. Choisissez-en un autre.',
  'You cannot off-board yourself. A colleague must do it.':
    'Vous ne pouvez pas enregistrer votre propre départ. Un collègue doit le faire.',
  'No such person in your units.': 'Cette personne n’est pas dans vos unités.',
  'Your access to the gateway has ended.': 'Votre accès à la passerelle est terminé.',
  'No such role change in your units.': 'Ce changement de rôle n’est pas dans vos unités.',
  'This change was already {status}.': 'Ce changement a déjà été décidé : {status}.',
  'A role change is decided by somebody who neither asked for it nor is concerned by it.':
    'Un changement de rôle est décidé par quelqu’un qui ne l’a pas demandé et qu’il ne concerne pas.',
  'This person has left. Reject the change.': 'Cette personne est partie. Rejetez le changement.',
  'You can lend only the reviewing that is your own, on a unit where you hold it.':
    'Vous ne pouvez prêter que votre propre rôle de valideur, sur une unité où vous l’avez.',
  'No such active person.': 'Aucune personne active de ce nom.',
  'A delegation is between two people.': 'Une délégation se fait entre deux personnes.',
  'A delegate is a reviewer already; a delegation makes nobody one.':
    'Un délégué est déjà valideur ; une délégation ne fait de personne un valideur.',
  'No such delegation of yours.': 'Aucune de vos délégations ne correspond.',
  'A delegation ends after it begins.': 'Une délégation se termine après son début.',
  'A delegation ends within a year.': 'Une délégation se termine dans l’année.',
  'This is not a valid logout token.': 'Ce jeton de déconnexion n’est pas valable.',
  'This person would be the author and the only reviewer of the same unit. Name a second reviewer first.':
    'Cette personne serait l’auteur et le seul valideur de la même unité. Nommez d’abord un second valideur.',
  'Nobody holds {status} and {other status} over the same unit: who runs the system does not audit it.':
    'Nul n’est à la fois {status} et {other status} de la même unité : qui administre le système ne l’audite pas.',
  'After this move somebody would administer what they audit. End one of their two roles first.':
    'Après ce déplacement, quelqu’un administrerait ce qu’il audite. Mettez d’abord fin à l’un de ses deux rôles.',
  'The identity provider does not answer, so nobody can sign in just now. Try again in a minute.':
    'Le service de connexion ne répond pas : personne ne peut se connecter pour l’instant. Réessayez dans une minute.',
  'The identity provider did not say that it asked you just now, so what needs a fresh sign-in stays closed. Your administrator can have it answer max_age with the time (auth_time).':
    'Le service de connexion n’a pas confirmé vous avoir interrogé à l’instant : ce qui demande une connexion récente reste fermé. Votre administrateur peut lui faire répondre à max_age par l’heure (auth_time).',
  'The identity provider’s answer could not be accepted. Start the sign-in again; if it stays, tell your administrator.':
    'La réponse du service de connexion n’a pas pu être acceptée. Recommencez la connexion ; si cela persiste, prévenez votre administrateur.',
  'There is no unit “{name}”.': 'Il n’y a pas d’unité « {name} ».',
  'Nobody called “{name}” has signed in yet. They sign in once, then take the role.':
    'Personne du nom de « {name} » ne s’est encore connecté. Cette personne se connecte une fois, puis prend le rôle.',
  '“{name}” is more than one person here. Give the subject that the provider uses.':
    '« {name} » désigne ici plusieurs personnes. Donnez l’identifiant (subject) qu’emploie le service de connexion.',
  'An examination ends at a time within a year from now.': 'Un contrôle se termine dans l’année qui vient.',
  'No such unit among those whose records you keep.': 'Cette unité n’est pas de celles dont vous tenez les archives.',
  'No such examiner.': 'Aucun examinateur ne correspond.',
  'This secret is not known here. {sentence}': 'Ce code secret n’est pas connu ici. {sentence}',
  'The firm ended this examination. {sentence}': 'L’entreprise a mis fin à ce contrôle. {sentence}',
  'The time of this examination is over. {sentence}': 'La durée de ce contrôle est écoulée. {sentence}',
  'Ask the records officer who gave you the secret.':
    'Adressez-vous au responsable des archives qui vous a remis le code secret.',
  'A qualification ends after it begins.': 'Une qualification se termine après son début.',
  'Your own qualification is entered by a colleague.': 'Votre propre qualification est inscrite par un collègue.',
  'No such qualification in your units.': 'Cette qualification n’est pas dans vos unités.',
  'Too many requests in a short time. Wait {seconds} seconds and try again.':
    'Trop de demandes en peu de temps. Patientez {seconds} secondes et réessayez.',
  'Your access to the gateway has ended. Ask your administrator if this is a mistake.':
    'Votre accès à la passerelle est terminé. Si c’est une erreur, adressez-vous à votre administrateur.',
  'This request came from another site and was not carried out. Reload the page and try again.':
    'Cette demande venait d’un autre site et n’a pas été exécutée. Rechargez la page et réessayez.',
  'No such unit among those that you administer.': 'Cette unité n’est pas de celles que vous administrez.',
  'No such active person in your units.': 'Aucune personne active de vos unités ne correspond.',
  'The same change is already waiting for a decision.': 'Le même changement attend déjà une décision.',
  'This person already holds that role on that unit.': 'Cette personne a déjà ce rôle sur cette unité.',
  'This person does not hold that role on that unit.': 'Cette personne n’a pas ce rôle sur cette unité.',
  'This role comes from a group of your identity provider and ends there: take the person out of the group. To stop them at once, off-board them here.':
    'Ce rôle vient d’un groupe de votre service de connexion et prend fin là-bas : retirez la personne du groupe. Pour l’arrêter tout de suite, enregistrez son départ ici.',
  'No such token.': 'Aucun jeton ne correspond.',
  'No such session of yours is open.': 'Aucune de vos sessions ouvertes ne correspond.',
  'SCIM takes the provisioning token as “Authorization: Bearer …”. It is set where the gateway is configured.':
    'SCIM attend le jeton d’approvisionnement dans « Authorization: Bearer … ». Il est fixé dans la configuration de la passerelle.',
  'Sign in on the gateway’s own page.': 'Connectez-vous sur la page même de la passerelle.',
  'This sign-in was not begun in this browser, or too long ago. Begin again.':
    'Cette connexion n’a pas commencé dans ce navigateur, ou il y a trop longtemps. Recommencez.',
  'No such unit.': 'Aucune unité ne correspond.',
  'No such unit among those that you manage.': 'Cette unité n’est pas de celles que vous administrez.',
  'A unit cannot be moved below itself, and the firm has nothing above it.':
    'Une unité ne peut pas être rattachée à elle-même, et l’établissement n’a rien au-dessus de lui.',
}
