import type { FrenchSentences } from './french-sentences.ts'

export const profilesInFrench: FrenchSentences = {
  'No such profile.': 'Aucun profil ne correspond.',
  'This credential belongs to another account. Register that account as a profile of its own.':
    'Ce secret d’accès appartient à un autre compte. Inscrivez ce compte comme un profil à part.',
  'This gateway runs without the network “{network}”.': 'Cette passerelle fonctionne sans le réseau « {network} ».',
  '{network} did not accept the connection: {sentence}': '{network} n’a pas accepté la connexion : {sentence}',
  'The network “{network}” is not one of: {networks}.': 'Le réseau « {network} » n’est pas un de ceux-ci : {networks}.',
  'No such unit. GET /api/units lists them.': 'Aucune unité ne correspond. GET /api/units les énumère.',
  'You do not manage the profiles of this unit.': 'Vous ne gérez pas les profils de cette unité.',
  '{handle} on {network} is already registered.': '{handle} est déjà inscrit sur {network}.',
}
