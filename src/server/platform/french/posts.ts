import type { FrenchSentences } from './french-sentences.ts'

export const postsInFrench: FrenchSentences = {
  'No such post.': 'Cette publication n’existe pas.',
  'A post that is {status} cannot become {other status}.':
    'Une publication à l’état « {status} » ne peut pas passer à l’état « {other status} ».',
  'The time of publication lies more than two years ahead. Choose an earlier time: an approval does not keep that long.':
    'L’heure de publication est à plus de deux ans. Choisissez une heure plus proche : une approbation ne se garde pas si longtemps.',
  'The time of publication has already passed. Choose a later time, or none to publish as soon as it is approved.':
    'L’heure de publication est déjà passée. Choisissez une heure plus tardive, ou aucune pour publier dès l’approbation.',
  'Media {ids} is not there. Upload it with POST /api/media first.':
    'Le fichier {ids} n’est pas là. Déposez-le d’abord avec POST /api/media.',
  'altTexts describes {id}, which is not among mediaIds.': 'altTexts décrit {id}, qui n’est pas dans mediaIds.',
  'The post is empty. Write something first.': 'La publication est vide. Écrivez d’abord quelque chose.',
  'Choose at least one profile. GET /api/profiles lists yours.':
    'Choisissez au moins un profil. GET /api/profiles donne les vôtres.',
  '{sentence} Your text is kept; shorten it or leave out that profile.':
    '{sentence} Votre texte est gardé ; raccourcissez-le ou écartez ce profil.',
  'No profile {id}.': 'Le profil {id} n’existe pas.',
  '{sentence} GET /api/profiles lists yours.': '{sentence} GET /api/profiles donne les vôtres.',
  'The gateway publishes no threads on {network} yet. Hand the items in one by one.':
    'La passerelle ne publie pas encore de fils sur {network}. Soumettez les éléments un par un.',
  'The gateway publishes only ordinary posts on {network}, no “{format}”.':
    'La passerelle ne publie sur {network} que des publications ordinaires, pas de « {format} ».',
  'No such media.': 'Ce fichier n’existe pas.',
  'The file cannot be fetched just now. Try again in a moment.':
    'Le fichier ne peut pas être lu pour l’instant. Réessayez dans un moment.',
  'Media {id} is not in the object store.': 'Le fichier {id} n’est pas dans le stockage d’objets.',
  'Send the file as multipart/form-data in a part named “file”.':
    'Envoyez le fichier en multipart/form-data, dans une partie nommée « file ».',
  'There is no file in the request. Send it in a part named “file”.':
    'La demande ne contient pas de fichier. Envoyez-le dans une partie nommée « file ».',
  'The file is larger than {limit} MB. Make it smaller and upload it again.':
    'Le fichier dépasse {limit} Mo. Réduisez-le et déposez-le de nouveau.',
  'Name either a revisionId or an evaluationId.': 'Donnez soit revisionId, soit evaluationId.',
  'No such verdict in your units.': 'Ce verdict n’est pas dans vos unités.',
  'The file is shorter than the range that was asked for.': 'Le fichier est plus court que la plage demandée.',
  'author is `me` or a user id.': 'author vaut « me » ou l’identifiant d’une personne.',
  '“{name}” is not a status. Statuses: {statuses}.': '« {name} » n’est pas un état. Les états : {statuses}.',
  'This file is {type}. Send one of: {types}.': 'Ce fichier est {type}. Envoyez un de ces formats : {types}.',
  'of an unknown kind': 'd’un genre inconnu',
  'The file could not be stored. Your text is kept; try the upload again in a moment.':
    'Le fichier n’a pas pu être enregistré. Votre texte est gardé ; déposez-le de nouveau dans un moment.',
}
