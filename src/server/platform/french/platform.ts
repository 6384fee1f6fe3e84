import type { FrenchSentences } from './french-sentences.ts'

export const platformInFrench: FrenchSentences = {
  'The address is not well formed: a % in it is not followed by an encoded character. Check the link.':
    'L’adresse est mal formée : un % n’y est pas suivi d’un caractère codé. Vérifiez le lien.',
  'Idempotency-Key has 1 to 200 visible ASCII characters, for example a UUID.':
    'Idempotency-Key compte de 1 à 200 caractères ASCII visibles, par exemple un UUID.',
  'This Idempotency-Key was used for another request. Choose a new key.':
    'Cette Idempotency-Key a servi à une autre demande. Choisissez une nouvelle clé.',
  'The first request with this key was carried out, but its answer was lost. Look at the list before you send it again with a new key.':
    'La première demande faite avec cette clé a été exécutée, mais sa réponse est perdue. Regardez la liste avant de la refaire avec une nouvelle clé.',
  'The first request with this key is still running. Ask again in a moment.':
    'La première demande faite avec cette clé est encore en cours. Redemandez dans un moment.',
  'This cursor is not one of ours. Start again from the first page, without a cursor.':
    'Ce curseur n’est pas des nôtres. Recommencez à la première page, sans curseur.',
  'The database has no room left on its disk. Nothing of this call was saved; try again when your administrator has made room.':
    'Le disque de la base de données est plein. Rien de cet appel n’a été enregistré ; réessayez quand votre administrateur aura libéré de la place.',
  'The object store does not answer. Nothing was lost; try again in a moment.':
    'Le stockage d’objets ne répond pas. Rien n’est perdu ; réessayez dans un instant.',
  'The database does not answer. Nothing was lost; try again in a moment.':
    'La base de données ne répond pas. Rien n’est perdu ; réessayez dans un moment.',
  'Something went wrong on our side. Nothing was published. Try again; if it stays, give your administrator the request id.':
    'Une erreur s’est produite de notre côté. Rien n’a été publié. Réessayez ; si cela persiste, donnez à votre administrateur l’identifiant de la demande.',
  'There is nothing at {method} {path}. The calls are listed at /openapi.yaml.':
    'Il n’y a rien à l’adresse {method} {path}. Les appels sont décrits dans /openapi.yaml.',
  '{path} does not take {method}. It takes {methods}.': '{path} n’admet pas {method}, mais {methods}.',
  'The request is larger than the gateway takes. Shorten it, or upload media with POST /api/media.':
    'La demande est plus grande que ce que la passerelle accepte. Raccourcissez-la, ou déposez les fichiers avec POST /api/media.',
  '{sentence} Posts are accepted and none is published.':
    '{sentence} Les publications sont acceptées et aucune ne part.',
  'No OpenID provider is at GATEWAY_OIDC_ISSUER: nobody new can sign in. Correct it.':
    'Aucun fournisseur OpenID ne se trouve à GATEWAY_OIDC_ISSUER : personne d’autre ne peut se connecter. Corrigez-le.',
  'The identity provider gives itself another name than GATEWAY_OIDC_ISSUER: nobody new can sign in. Set it to the issuer in the provider’s own description.':
    'Le fournisseur d’identité se nomme autrement que GATEWAY_OIDC_ISSUER : personne d’autre ne peut se connecter. Donnez-lui l’émetteur que nomme la description du fournisseur.',
  'Send the body as application/json.': 'Envoyez le corps en application/json.',
  'Send the body as it is, without Content-Encoding.': 'Envoyez le corps tel quel, sans Content-Encoding.',
  'The body is not text in UTF-8. Encode it as UTF-8 and send it again.':
    'Le corps n’est pas du texte en UTF-8. Encodez-le en UTF-8 et renvoyez-le.',
  'The body is not valid JSON. Check it and send it again.':
    'Le corps n’est pas du JSON valide. Vérifiez-le et renvoyez-le.',
  'The body says “{name}” twice in one object, so that it has two meanings. Say it once.':
    'Le corps dit deux fois « {name} » dans un même objet, ce qui lui donne deux sens. Ne le dites qu’une fois.',
  'Too many requests. Wait a moment and try again.': 'Trop de demandes. Patientez un moment et réessayez.',
  'This file belongs to another version of the console. Reload the page.':
    'Ce fichier appartient à une autre version de la console. Rechargez la page.',
  'This is not a web address.': 'Ce n’est pas une adresse web.',
  'Only https addresses are called.': 'Seules les adresses https sont appelées.',
  'A web address may not carry a password.': 'Une adresse web ne peut pas contenir de mot de passe.',
  'This address may not be called.': 'Cette adresse ne peut pas être appelée.',
  'This name leads to an address that may not be called.': 'Ce nom mène à une adresse qui ne peut pas être appelée.',
  'The web address cannot be called.': 'L’adresse web ne peut pas être appelée.',
  'The address may not be called.': 'L’adresse ne peut pas être appelée.',
  'The server could not be reached.': 'Le serveur est injoignable.',
  'The server did not answer in time.': 'Le serveur n’a pas répondu à temps.',
  'The answer was larger than allowed.': 'La réponse était plus grande que permis.',
  'The connection broke before the answer was complete.': 'La connexion s’est interrompue avant la fin de la réponse.',
  'The database answers.': 'La base de données répond.',
  'The database does not answer: nothing is accepted until it does.':
    'La base de données ne répond pas : rien n’est accepté d’ici là.',
  'The object store answers.': 'Le stockage d’objets répond.',
  'The object store does not answer: posts are accepted and none is published.':
    'Le stockage d’objets ne répond pas : les publications sont acceptées et aucune n’est publiée.',
  'The identity provider answers.': 'Le service de connexion répond.',
  'The identity provider does not answer: nobody new can sign in.':
    'Le service de connexion ne répond pas : personne d’autre ne peut se connecter.',
  'Records are sealed in time.': 'Les enregistrements sont scellés à temps.',
  'A record waits for its seal since {at}. Nothing is published meanwhile.':
    'Un enregistrement attend son scellement depuis le {at}. Rien n’est publié en attendant.',
  'The state of sealing cannot be read.': 'L’état du scellement ne peut pas être lu.',
  'The search index follows the log.': 'L’index de recherche suit le journal.',
  'The search index has not followed the log for {seconds} seconds, and {waiting} records wait. They are found all the same, by reading them: searches become slow.':
    'L’index de recherche ne suit plus le journal depuis {seconds} secondes, et {waiting} enregistrements attendent. On les trouve tout de même, en les lisant : les recherches deviennent lentes.',
  'The state of the search index cannot be read.': 'L’état de l’index de recherche ne peut pas être lu.',

  // What is wrong with one field of a request, by the validator (ajv) and by the use cases.
  'is not valid': 'n’est pas valable',
  'must have required property {name}': 'doit contenir {name}',
  'must NOT have additional properties': 'contient un champ inconnu',
  'must NOT have fewer than {count} characters': 'doit compter au moins {count} caractères',
  'must NOT have more than {count} characters': 'doit compter au plus {count} caractères',
  'must NOT have fewer than {count} items': 'doit compter au moins {count} éléments',
  'must NOT have more than {count} items': 'doit compter au plus {count} éléments',
  'must NOT have fewer than {count} properties': 'doit compter au moins {count} champs',
  'must NOT have more than {count} properties': 'doit compter au plus {count} champs',
  'must NOT have duplicate items (items ## {first} and {second} are identical)':
    'contient deux fois le même élément ({first} et {second})',
  'must be equal to one of the allowed values': 'n’est pas une des valeurs admises',
  'must be equal to constant': 'n’est pas la valeur admise',
  'must match format {name}': 'doit avoir la forme {name}',
  'must match pattern {pattern}': 'doit suivre le modèle {pattern}',
  'must match a schema in anyOf': 'n’a aucune des formes admises',
  'must match exactly one schema in oneOf': 'doit avoir une seule des formes admises',
  'must be string': 'doit être un texte',
  'must be integer': 'doit être un nombre entier',
  'must be number': 'doit être un nombre',
  'must be boolean': 'doit être vrai ou faux',
  'must be object': 'doit être un objet',
  'must be array': 'doit être une liste',
  'must be null': 'doit être nul',
  'must be {kinds}': 'doit être : {kinds}',
  'must be >= {limit}': 'doit valoir au moins {limit}',
  'must be <= {limit}': 'doit valoir au plus {limit}',
  'must be > {limit}': 'doit être supérieur à {limit}',
  'must be < {limit}': 'doit être inférieur à {limit}',
  'is too large a number': 'est un nombre trop grand',
  'is nested too deeply': 'est imbriqué trop profondément',
  'holds a NUL character; remove it': 'contient un caractère NUL ; supprimez-le',
  'holds half of a character (a lone surrogate); type it again':
    'contient une moitié de caractère (un demi-codet isolé) ; retapez-le',
  'is required unless the outcome is “approved”': 'est obligatoire, sauf pour approuver',
  'needs an author, a profile or a unit': 'demande un auteur, un profil ou une unité',
  'is no IANA time zone': 'n’est pas un fuseau horaire IANA',
  'names an unknown record type': 'nomme un type d’enregistrement inconnu',
}
