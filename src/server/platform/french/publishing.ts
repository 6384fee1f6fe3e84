import type { FrenchSentences } from './french-sentences.ts'

export const publishingInFrench: FrenchSentences = {
  // Why the gate holds something back.
  'A newer revision replaced the approved one.': 'Une révision plus récente a remplacé celle qui était approuvée.',
  'The post is {status}.': 'L’état de la publication : {status}.',
  'A stop is engaged: {reason}': 'Un arrêt est déclenché : {reason}',
  'The stored content is not what its hash says: it was changed outside the gateway.':
    'Le contenu enregistré n’est pas celui qu’annonce son empreinte : il a été changé hors de la passerelle.',
  'The payload is not the one that was approved.': 'Ce qui partirait n’est pas ce qui a été approuvé.',
  'The payload is not the one that was let out.': 'Ce qui partirait n’est pas ce qui a été libéré.',
  'The post was sent back after it was let out.': 'La publication a été renvoyée après avoir été libérée.',
  'Its author takes the post back.': 'Son auteur retire la publication.',
  'The slot has come; the post is being judged for it.':
    'Le créneau est venu ; la publication est jugée pour ce moment.',
  'The policy changed; the post is being judged anew.': 'Les règles ont changé ; la publication est jugée de nouveau.',
  'Policy blocks the post.': 'Les règles bloquent la publication.',
  'The archive holds that this was released before; the database, restored from an older state, does not know it. Look at the network: if it is not there, submit it as a new post.':
    'L’archive établit que ceci est déjà parti ; la base, restaurée dans un état antérieur, l’ignore. Regardez sur le réseau : si la publication n’y est pas, soumettez-la comme une nouvelle publication.',
  'The archive holds a release that the database, restored from an older state, does not know; the network is being asked.':
    'L’archive contient un départ que la base, restaurée dans un état antérieur, ignore ; le réseau est interrogé.',
  'The archive holds an attempt that the database, restored from an older state, does not know; the network is being asked.':
    'L’archive contient un envoi que la base, restaurée dans un état antérieur, ignore ; le réseau est interrogé.',
  'Released before the gateway was started again; the network is asked first whether it holds the post.':
    'Libérée avant le redémarrage de la passerelle ; le réseau est d’abord interrogé pour savoir s’il a la publication.',
  'The archive holds that this was released before, the database was restored from an older state, and the network does not hold the post: it may have been deleted since. If it is still wanted, submit it as a new post.':
    'L’archive établit que ceci est déjà parti, la base a été restaurée dans un état antérieur, et le réseau n’a pas la publication : elle a pu être supprimée depuis. Si elle est encore voulue, soumettez-la comme une nouvelle publication.',
  'The author stands among the approvers.': 'L’auteur figure parmi les approbateurs.',
  'The stage “{stage}” has {count} of {need} approvals of exactly this content.':
    'L’étape « {stage} » a {count} approbations sur {need} pour exactement ce contenu.',
  'The slot is {at}.': 'Le créneau est fixé au {at}.',
  'The profile is {status}; an administrator must connect it.':
    'L’état du profil : {status} ; un administrateur doit le connecter.',
  'The profile has no credential; an administrator must connect it.':
    'Le profil n’a pas de secret d’accès ; un administrateur doit le connecter.',

  // What the network said, and what happens next.
  'The gateway stopped during the attempt; the network is being asked.':
    'La passerelle s’est arrêtée pendant l’envoi ; le réseau est interrogé.',
  'The adapter failed; the network is being asked.': 'Le connecteur a failli ; le réseau est interrogé.',
  'The network does not hold the post.': 'Le réseau n’a pas la publication.',
  'The network shows the post a second time, at {permalink}. Delete that copy there by hand.':
    'Le réseau montre la publication une seconde fois, à {permalink}. Supprimez cette copie là-bas à la main.',
  'Found at the network after an attempt whose outcome was not seen.':
    'Trouvée sur le réseau après un envoi dont l’issue n’avait pas été vue.',
  'The network could not be asked.': 'Le réseau n’a pas pu être interrogé.',
  'The outcome is not known yet: {sentence}': 'L’issue n’est pas encore connue : {sentence}',
  'Retraction at the networks was asked for.': 'Le retrait des réseaux a été demandé.',
  'The network refuses to delete the post: {sentence} Delete it there by hand, or retract it again.':
    'Le réseau refuse de supprimer la publication : {sentence} Supprimez-la là-bas à la main, ou rétractez-la de nouveau.',
  'The post is not deleted yet: {sentence} The network is asked again.':
    'La publication n’est pas encore supprimée : {sentence} Le réseau sera interrogé de nouveau.',
  'No such post of yours.': 'Aucune de vos publications ne correspond.',
  'A post that is {status} has nothing to retract.': 'Une publication à l’état « {status} » n’a rien à rétracter.',
  'Media {id} is not in the object store.': 'Le fichier {id} n’est pas dans le stockage d’objets.',
  'An empty post cannot be published: write a text or add an image.':
    'Une publication vide ne peut pas être publiée : écrivez un texte ou ajoutez une image.',
  '{network} did not answer: {sentence}': '{network} n’a pas répondu : {sentence}',
  '{network} takes {limit} images, this post has {count}.':
    '{network} accepte {limit} images, cette publication en a {count}.',
  '{network} takes images here, not {type}.': '{network} accepte ici des images, pas {type}.',
  '{network} takes a film alone, without other images.': '{network} n’accepte une vidéo que seule, sans autre image.',
  '{network} takes images of up to {limit} MB. Make this one smaller.':
    '{network} accepte des images de {limit} Mo au plus. Réduisez celle-ci.',
  '{network} takes descriptions of up to {limit} characters. Shorten the one of image {number}.':
    '{network} accepte des descriptions de {limit} caractères au plus. Raccourcissez celle de l’image {number}.',
  'Sandbox takes {limit} characters, this post has {count}.':
    'Sandbox accepte {limit} caractères, cette publication en a {count}.',
  'Sandbox refused the credential. Connect the profile again.':
    'Sandbox a refusé le secret d’accès. Reconnectez le profil.',
  'Sandbox holds another post under this key.': 'Sandbox a une autre publication sous cette clé.',
  'Bluesky refused ({words}).': 'Bluesky a refusé ({words}).',
  'The post was approved for another Bluesky account. Submit it again for this one.':
    'La publication a été approuvée pour un autre compte Bluesky. Soumettez-la de nouveau pour celui-ci.',
  'The stored image is not the one that was approved.': 'L’image enregistrée n’est pas celle qui a été approuvée.',
  'Bluesky filed the image under another digest than it has.':
    'Bluesky a rangé l’image sous une autre empreinte que la sienne.',
  'Bluesky holds another post under this key. Look at it there before you submit again.':
    'Bluesky a une autre publication sous cette clé. Regardez-la là-bas avant de soumettre de nouveau.',
  'Bluesky accepted the post in a form that is not the protocol’s.':
    'Bluesky a accepté la publication sous une forme qui n’est pas celle du protocole.',
  'Bluesky answered a read in a form that is not the protocol’s.':
    'Bluesky a répondu à une lecture sous une forme qui n’est pas celle du protocole.',
  'This is not the address of a Bluesky post.': 'Ce n’est pas l’adresse d’une publication Bluesky.',
  'Bluesky takes {limit} characters, this post has {count}.':
    'Bluesky accepte {limit} caractères, cette publication en a {count}.',
  'Bluesky takes 3000 bytes, this post has {count}: use fewer emoji or accents.':
    'Bluesky accepte 3 000 octets, cette publication en a {count} : utilisez moins d’émojis ou d’accents.',
  'Bluesky shows one link card, and none beside images. Put the other links into the text.':
    'Bluesky montre une seule carte de lien, et aucune à côté d’images. Mettez les autres liens dans le texte.',
  'Bluesky would refuse this post: {words}.': 'Bluesky refuserait cette publication : {words}.',
  'The setting “service” must be the web address of a PDS, such as https://bsky.social.':
    'Le réglage « service » doit être l’adresse web d’un PDS, comme https://bsky.social.',
  'Bluesky did not accept the account or its app password. Connect the profile again.':
    'Bluesky n’a pas accepté le compte ou son mot de passe d’application. Reconnectez le profil.',
  'Bluesky answered a sign-in in a form that is not the protocol’s.':
    'Bluesky a répondu à une connexion sous une forme qui n’est pas celle du protocole.',
  'This app password belongs to another Bluesky account. Connect the profile again.':
    'Ce mot de passe d’application appartient à un autre compte Bluesky. Reconnectez le profil.',
  'The setting “server” must be the web address of the Mastodon server.':
    'Le réglage « server » doit être l’adresse web du serveur Mastodon.',
  'Mastodon refused ({words}).': 'Mastodon a refusé ({words}).',
  'Mastodon did not accept the access token.': 'Mastodon n’a pas accepté le jeton d’accès.',
  'The server does not say which account this token belongs to.':
    'Le serveur ne dit pas à quel compte ce jeton appartient.',
  'Mastodon accepted the post in a form that is not the protocol’s.':
    'Mastodon a accepté la publication sous une forme qui n’est pas celle du protocole.',
  'This server does not delete posts for other programs. Delete the post there by hand.':
    'Ce serveur ne supprime pas de publications pour d’autres programmes. Supprimez-la là-bas à la main.',
  'Mastodon took the image in a form that is not the protocol’s.':
    'Mastodon a pris l’image sous une forme qui n’est pas celle du protocole.',
  'Mastodon did not finish with the image in time.': 'Mastodon n’a pas fini de traiter l’image à temps.',
  'The account has too many new statuses to tell whether the post is among them.':
    'Le compte a trop de nouveaux messages pour dire si la publication en fait partie.',
  'Mastodon answered a list in a form that is not the protocol’s.':
    'Mastodon a répondu à une liste sous une forme qui n’est pas celle du protocole.',
  'This Mastodon server takes {limit} characters, this post has {count}.':
    'Ce serveur Mastodon accepte {limit} caractères, cette publication en a {count}.',
  'Mastodon shows links only in the text. Put {link} into it.':
    'Mastodon ne montre les liens que dans le texte. Mettez-y {link}.',

  // Stops.
  'A stop of everything takes no scopeId.': 'Un arrêt de tout ne prend pas de scopeId.',
  'Name the {status} in scopeId.': 'Donnez dans scopeId l’identifiant ({status}).',
  'There is no such {status} among those that you may stop.':
    'Ce périmètre ({status}) n’est pas de ceux que vous pouvez arrêter.',
  'No such stop.': 'Cet arrêt n’existe pas.',
  'This stop is already lifted.': 'Cet arrêt est déjà levé.',
  'You asked for the lift; a second person must confirm it.':
    'Vous avez demandé la levée ; une seconde personne doit la confirmer.',
  'This stop holds the whole firm. It is lifted by somebody whose role is held on the firm.':
    'Cet arrêt retient tout l’établissement. Il est levé par quelqu’un dont le rôle porte sur tout l’établissement.',
}
