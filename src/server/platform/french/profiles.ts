import type { FrenchSentences } from './french-sentences.ts'

export const profilesInFrench: FrenchSentences = {
  'No such profile.': 'Aucun profil ne correspond.',
  'This credential belongs to another account. Register that account as a profile of its own.':
    'Ce secret d’accès appartient à un autre compte. Inscrivez ce compte comme un profil à part.',
  'This gateway runs without the network “{network}”.': 'Cette passerelle fonctionne sans le réseau « {network} ».',
  '{network} did not accept the connection: {sentence}': '{network} n’a pas accepté la connexion : {sentence}',
  'This gateway may not call the server’s address: it calls https addresses outside private networks only. Check the address; for a server in the firm’s own network, whoever runs the gateway sets GATEWAY_ALLOW_PRIVATE_ADDRESSES=true.':
    'Cette passerelle ne peut pas appeler l’adresse du serveur : elle n’appelle que des adresses https hors des réseaux privés. Vérifiez l’adresse ; pour un serveur du réseau de l’établissement, la personne qui exploite la passerelle règle GATEWAY_ALLOW_PRIVATE_ADDRESSES=true.',
  'The network “{network}” is not one of: {networks}.': 'Le réseau « {network} » n’est pas un de ceux-ci : {networks}.',
  'No such unit. GET /api/units lists them.': 'Aucune unité ne correspond. GET /api/units les énumère.',
  'You do not manage the profiles of this unit.': 'Vous ne gérez pas les profils de cette unité.',
  '{handle} on {network} is already registered.': '{handle} est déjà inscrit sur {network}.',
}
