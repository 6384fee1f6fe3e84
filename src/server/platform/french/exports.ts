import type { FrenchSentences } from './french-sentences.ts'

export const exportsInFrench: FrenchSentences = {
  'The export has already ended.': 'L’export est déjà terminé.',
  'Say why the export is made: the reason is part of it.':
    'Dites pourquoi l’export est fait : le motif en fait partie.',
  'No such unit among yours.': 'Cette unité n’est pas des vôtres.',
  'Say whose stream is to be proven: an author, a profile or a unit.':
    'Dites le fil de qui doit être prouvé : un auteur, un profil ou une unité.',
  '“{timeZone}” is no time zone. Write one of the IANA names, such as Europe/Paris.':
    '« {timeZone} » n’est pas un fuseau horaire. Écrivez un nom IANA, comme Europe/Paris.',
  'No record has the type “{types}”.': 'Aucun enregistrement n’a le type « {types} ».',
  'The export is {status}; only a completed one can be downloaded.':
    'L’état de l’export : {status} ; seul un export terminé peut être téléchargé.',
  'The file of this export is no longer there. Ask for the export again.':
    'Le fichier de cet export n’est plus là. Redemandez l’export.',
  'The time for which this package was kept is over, so it was removed. Ask for the export again.':
    'Le temps de garde de ce paquet est écoulé, il a donc été supprimé. Redemandez l’export.',
  'The retention of records in this package ended, so it was removed. Ask for the export again: it will say which are gone.':
    'La conservation d’enregistrements de ce paquet a pris fin, il a donc été supprimé. Redemandez l’export : il dira lesquels n’existent plus.',
  'A package is kept until a time within a year from now.':
    'Un paquet se garde jusqu’à un instant dans l’année à venir.',
  'is not a time within a year from now': 'n’est pas un instant dans l’année à venir',
  '{count} of your exports are not finished yet. Wait until one is, or cancel one.':
    '{count} de vos exports ne sont pas encore terminés. Attendez que l’un le soit, ou annulez-en un.',
  'Whoever asked for this export may no longer have it. Somebody who may must ask for it.':
    'La personne qui a demandé cet export n’y a plus droit. Quelqu’un qui y a droit doit le demander.',
  'Whoever was downloading this may not any more.': 'La personne qui téléchargeait ceci n’y a plus droit.',
  'The package has {size} bytes.': 'Le paquet compte {size} octets.',
  'Nothing is sealed yet. Ask again when the object store can be reached.':
    'Rien n’est encore scellé. Redemandez quand le stockage d’objets sera joignable.',
  'No such export.': 'Cet export n’existe pas.',
  'The export could not be made. Ask the operator.': 'L’export n’a pas pu être préparé. Adressez-vous à l’exploitant.',
  'The disk is full. Ask for the export again when there is space.':
    'Le disque est plein. Redemandez l’export quand il y aura de la place.',
  'The export could not be made; the operator has been told why. Ask again later.':
    'L’export n’a pas pu être préparé ; l’exploitant en connaît la raison. Redemandez-le plus tard.',
}
