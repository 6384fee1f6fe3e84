import type { FrenchSentences } from './french-sentences.ts'

export const reviewsInFrench: FrenchSentences = {
  'No such review in your units.': 'Cet examen n’est pas dans vos unités.',
  'You cannot review your own post. A colleague must decide.':
    'Vous ne pouvez pas examiner votre propre publication. Un collègue doit décider.',
  'The author’s account and yours share an e-mail address or an employee number, so they count as one person. A colleague must decide. If you are two people, ask your administrator to have both employee numbers sent.':
    'Le compte de l’auteur et le vôtre ont en commun une adresse électronique ou un matricule : ils comptent pour une seule personne. Un collègue doit décider. Si vous êtes deux personnes, demandez à votre administrateur de faire transmettre les deux matricules.',
  'The author cannot review this post.': 'L’auteur ne peut pas examiner cette publication.',
  'The post changed after you opened it. Open it again and decide on what it says now.':
    'La publication a changé depuis que vous l’avez ouverte. Rouvrez-la et décidez sur ce qu’elle dit maintenant.',
  'You have already decided this review.': 'Vous avez déjà décidé cet examen.',
  'An earlier stage of this post is still open.': 'Une étape antérieure de cette publication est encore ouverte.',
  'A colleague has already decided: {status}.': 'Un collègue a déjà décidé : {status}.',
  'This review is {status}.': 'L’état de cet examen : {status}.',
  'Say why, so that the author can mend it: a reason is required.':
    'Dites pourquoi, pour que l’auteur puisse corriger : un motif est obligatoire.',
  'The stage “{stage}” belongs to the unit “{unit}”, which does not exist. Have the unit entered, or the policy changed.':
    'L’étape « {stage} » revient à l’unité « {unit} », qui n’existe pas. Faites créer l’unité ou modifier les règles.',
  'The stage “{stage}” belongs to another unit.': 'L’étape « {stage} » revient à une autre unité.',
  'This review was handed to {name}.': 'Cet examen a été confié à {name}.',
  'a colleague': 'un collègue',
  'A colleague': 'Un collègue',
  'You approved an earlier stage of this post; this stage needs a second person.':
    'Vous avez approuvé une étape antérieure de cette publication ; cette étape demande une seconde personne.',
  'This stage asks for the qualification “{qualification}”, which you do not hold today.':
    'Cette étape demande la qualification « {qualification} », que vous n’avez pas aujourd’hui.',
  'An earlier stage ended with {status}.': 'Une étape antérieure s’est conclue ainsi : {status}.',
  'Approved after its slot; the author is asked for a new time.':
    'Approuvée après son créneau ; une nouvelle heure est demandée à l’auteur.',
  '{name} has this review in hand.': '{name} a pris cet examen en main.',
  'You do not have this review in hand.': 'Vous n’avez pas pris cet examen en main.',
  'That person is not a reviewer for this unit. Choose another colleague.':
    'Cette personne n’est pas valideur pour cette unité. Choisissez un autre collègue.',
  'Drawn for a review after release.': 'Tirée au sort pour un examen après publication.',
  'No such simulation in your units.': 'Cette simulation n’est pas dans vos unités.',
  '{minutes} minutes an approval ({source}), over {weeks} weeks.':
    '{minutes} minutes par approbation ({source}), sur {weeks} semaines.',
  'assumed, because no decision of the period followed a claim':
    'supposé, car aucune décision de la période n’a suivi une prise en main',
  'the mean from claim to decision of {count} decisions of the period':
    'en moyenne de la prise en main à la décision, pour {count} décisions de la période',
  'The policy changed.': 'Les règles ont changé.',
  'Policy judges the post otherwise on the day it leaves.':
    'Les règles jugent la publication autrement le jour de son départ.',
  'The simulation failed; the operator has been told why. Ask for it again later.':
    'La simulation a échoué ; l’exploitant en connaît la raison. Redemandez-la plus tard.',
  'The period ends before it begins.': 'La période se termine avant de commencer.',
  'Give either the files of a draft or a version, not both.':
    'Donnez soit les fichiers d’un projet, soit une version, pas les deux.',
  'Give the files of a draft, a version, or exclusions.':
    'Donnez les fichiers d’un projet, une version ou des exclusions.',
  'No such policy version.': 'Cette version des règles n’existe pas.',
  'The simulation has already ended.': 'La simulation est déjà terminée.',
  'A post that is {status} can no longer be edited. Write a new one, or retract this one.':
    'Une publication à l’état « {status} » ne peut plus être modifiée. Écrivez-en une nouvelle, ou rétractez celle-ci.',
  'A new revision was written.': 'Une nouvelle révision a été écrite.',
  'The post changed while it was being submitted. Open it again and submit what you see.':
    'La publication a changé pendant sa soumission. Rouvrez-la et soumettez ce que vous voyez.',
  'This post is already {status}.': 'L’état de cette publication est déjà : {status}.',
  'The reviewer asked for a change. Write a new revision first.':
    'Le valideur a demandé une modification. Écrivez d’abord une nouvelle révision.',
  'No such post of yours.': 'Aucune de vos publications ne correspond.',
  'A post that is {status} can no longer be withdrawn.{sentence}':
    'Une publication à l’état « {status} » ne peut plus être retirée.{sentence}',
  'Retract it instead.': 'Rétractez-la plutôt.',
  'The author withdrew the post.': 'L’auteur a retiré la publication.',
}
