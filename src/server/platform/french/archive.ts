import type { FrenchSentences } from './french-sentences.ts'

export const archiveInFrench: FrenchSentences = {
  'Say whose content is asked for: an author, a profile, or words.':
    'Dites quel contenu est demandé : un auteur, un profil ou des mots.',
  'No such record.': 'Cet enregistrement n’existe pas.',
  'This record is not sealed yet. Ask again in a minute.':
    'Cet enregistrement n’est pas encore scellé. Redemandez dans une minute.',
  'Name a unit that you keep records for: you may not hold records of the whole firm.':
    'Indiquez une unité dont vous tenez les archives : vous ne pouvez pas geler celles de tout l’établissement.',
  'No such hold.': 'Ce gel n’existe pas.',
  'This hold is released already.': 'Ce gel est déjà levé.',
  'You asked for this release. A second person must release the hold.':
    'Vous avez demandé cette levée. Une seconde personne doit lever le gel.',
  'Retention holds for the whole firm: a records officer of the firm must change it.':
    'La conservation vaut pour tout l’établissement : un responsable des archives de l’établissement doit la changer.',
  'No such retention class.': 'Cette classe de conservation n’existe pas.',
  'A retention period can only be made longer than it is.': 'Une durée de conservation ne peut qu’être allongée.',
  'Nothing is sealed yet.': 'Rien n’est encore scellé.',
  'The sealed log has no such tile.': 'Le journal scellé n’a pas cette tuile.',
  'Entries of the whole log are for auditors of the whole firm. Ask for an export of your unit.':
    'Les entrées de tout le journal sont réservées aux auditeurs de tout l’établissement. Demandez un export de votre unité.',
  'Retention ended: {words}': 'Fin de la conservation : {words}',
  'not reachable': 'injoignable',

  // What a verification or the sealing found.
  '{count} further problems are not listed.': '{count} autres problèmes ne sont pas énumérés.',
  'Somebody tried to delete "{key}".': 'Quelqu’un a essayé de supprimer « {key} ».',
  'Somebody wrote over "{key}"; the first version is there and is the one that is read.':
    'Quelqu’un a écrit par-dessus « {key} » ; la première version est là, et c’est elle qui est lue.',
  'Somebody wrote over "{key}"; the first version is the one that is read.':
    'Quelqu’un a écrit par-dessus « {key} » ; c’est la première version qui est lue.',
  '"{key}" belongs to no checkpoint.': '« {key} » n’appartient à aucun point de contrôle.',
  '"{key}" is missing from the object store.': '« {key} » manque dans le stockage d’objets.',
  '"{key}" is missing from the first bucket.': '« {key} » manque dans le premier compartiment.',
  '"{key}" is not what was sealed.': '« {key} » n’est pas ce qui a été scellé.',
  '"{key}" is missing from the object store or cannot be read: entries {first} to {last}.':
    '« {key} » manque dans le stockage d’objets ou ne peut pas être lu : entrées {first} à {last}.',
  '"{key}" holds {count} entries instead of {due}.': '« {key} » contient {count} entrées au lieu de {due}.',
  '"{key}" cannot be read.': '« {key} » ne peut pas être lu.',
  '"{key}" holds a body for entry {index} that the log does not know.':
    '« {key} » contient, pour l’entrée {index}, un contenu que le journal ne connaît pas.',
  '"{key}" holds a line that is not a body.': '« {key} » contient une ligne qui n’est pas un contenu.',
  '"{key}" has another length than was stored.': '« {key} » n’a plus la longueur enregistrée.',
  '"{key}" is not the file that was stored.': '« {key} » n’est pas le fichier enregistré.',
  '"{key}" is not locked any more: {sentence}': '« {key} » n’est plus verrouillé : {sentence}',
  '"{key}" {what}.': '« {key} » {what}.',
  'is missing from the first bucket': 'manque dans le premier compartiment',
  'differs between the two buckets': 'diffère entre les deux compartiments',
  'is missing from the object store': 'manque dans le stockage d’objets',
  'does not hold the hashes of its entries': 'ne contient pas les empreintes de ses entrées',
  'The lock of "{key}" ends {at}; it was to hold until {until}.':
    'Le verrou de « {key} » se termine le {at} ; il devait tenir jusqu’au {until}.',
  'The lock of "{key}" ends {at} and cannot be shortened.':
    'Le verrou de « {key} » se termine le {at} et ne peut pas être raccourci.',
  'The object store holds a checkpoint of {count} entries, the database knows only {known}: it was restored from an older state. Run "archive rebuild" before anything is sealed.':
    'Le stockage d’objets a un point de contrôle de {count} entrées, la base de données n’en connaît que {known} : elle a été restaurée d’un état plus ancien. Lancez « archive rebuild » avant tout scellement.',
  'The checkpoint of {count} entries, which was sealed, is not in the object store: objects were lost, or this is another bucket.':
    'Le point de contrôle de {count} entrées, pourtant scellé, n’est pas dans le stockage d’objets : des objets sont perdus, ou c’est un autre compartiment.',
  'The object store and the database hold two different checkpoints of {count} entries: the log was forked.':
    'Le stockage d’objets et la base de données ont deux points de contrôle différents de {count} entrées : le journal a été dédoublé.',
  'The object store refused a seal: {sentence}': 'Le stockage d’objets a refusé un scellement : {sentence}',
  'This database belongs to the log "{origin}", and the log is called "{name}" here. Set GATEWAY_ORIGIN to the name that the records carry.':
    'Cette base appartient au journal « {origin} », et le journal s’appelle ici « {name} ». Donnez à GATEWAY_ORIGIN le nom que portent les enregistrements.',
  'This database belongs to the log "{origin}" under another key than the one configured.':
    'Cette base de données appartient au journal « {origin} » sous une autre clé que celle de la configuration.',
  'The body of entry {index} was changed before it was first sealed.':
    'Le contenu de l’entrée {index} a été changé avant son premier scellement.',
  "The database's tree of {count} entries does not have the root that was recorded for it.":
    'L’arbre de {count} entrées de la base de données n’a pas la racine qui a été enregistrée pour lui.',
  "The database's tree of {count} entries is not the one that was signed.":
    'L’arbre de {count} entrées de la base de données n’est pas celui qui a été signé.',
  'The body of entry {index} is missing from the object store.':
    'Le contenu de l’entrée {index} manque dans le stockage d’objets.',
  'The body of entry {index} in the object store is not the one that was sealed.':
    'Le contenu de l’entrée {index} dans le stockage d’objets n’est pas celui qui a été scellé.',
  'The database does not know the sealed checkpoint of {count} entries.':
    'La base de données ne connaît pas le point de contrôle scellé de {count} entrées.',
  'Database and object store hold two different checkpoints of {count} entries.':
    'La base de données et le stockage d’objets ont deux points de contrôle différents de {count} entrées.',
  'Entry {index} in the database was changed or its record is missing.':
    'L’entrée {index} de la base de données a été changée, ou son enregistrement manque.',
  'The body of entry {index} in the database was changed or is missing.':
    'Le contenu de l’entrée {index} dans la base de données a été changé ou manque.',
  'What a search knows of entry {index} disagrees with its evidence.':
    'Ce que la recherche sait de l’entrée {index} contredit sa preuve.',
  'Entry {index} is sealed and missing from the database.':
    'L’entrée {index} est scellée et manque dans la base de données.',
  'The leaf of entry {index} in the database is not the one that was sealed.':
    'La feuille de l’entrée {index} dans la base de données n’est pas celle qui a été scellée.',
  'The database knows {count} sealed entries, the object store proves only {proven}: checkpoints were removed.':
    'La base de données connaît {count} entrées scellées, le stockage d’objets n’en prouve que {proven} : des points de contrôle ont été retirés.',
  'The object store proves {proven} entries, the database knows only {count}: the database was rolled back.':
    'Le stockage d’objets prouve {proven} entrées, la base de données n’en connaît que {count} : elle a été ramenée en arrière.',
  '{count} records of the database were never numbered although they were visible: they were slipped in.':
    '{count} enregistrements de la base de données n’ont jamais été numérotés bien que visibles : ils ont été glissés après coup.',
  '{count} records are archived and no search finds them. Run "archive rebuild".':
    '{count} enregistrements sont archivés et aucune recherche ne les trouve. Lancez « archive rebuild ».',
  'The directory at entry {index} says other lengths of the streams than the log has at {count} entries: an export of one stream made with it may be incomplete.':
    'Le répertoire de l’entrée {index} donne aux fils d’autres longueurs que le journal à {count} entrées : un export d’un seul fil fait avec lui peut être incomplet.',
  'The checkpoint of {count} entries is dated before the one that it follows.':
    'Le point de contrôle de {count} entrées est daté d’avant celui qu’il suit.',
  'The checkpoint of {count} entries in the object store cannot be believed: {sentence}':
    'Le point de contrôle de {count} entrées du stockage d’objets n’est pas crédible : {sentence}',
  'It speaks of {count} entries.': 'Il parle de {count} entrées.',
  'The entries {first} to {last} in the object store do not give the signed root of {count} entries.':
    'Les entrées {first} à {last} du stockage d’objets ne donnent pas la racine signée de {count} entrées.',
  'Entry {index} in the object store is not what was sealed: {sentence}':
    'L’entrée {index} du stockage d’objets n’est pas ce qui a été scellé : {sentence}',
  'It is dated before the entry that it follows.': 'Elle est datée d’avant l’entrée qu’elle suit.',
  'It calls itself {index}.': 'Elle porte le numéro {index}.',
  'Entry {index} is number {number} of its {status}, and {due} was due.':
    'L’entrée {index} porte le numéro {number} de son fil ({status}), et {due} était attendu.',

  // Anchors: second bucket, timestamps, witnesses.
  'The anchor "{name}" contradicts the log: {sentence}': 'L’ancrage « {name} » contredit le journal : {sentence}',
  'The anchor "{name}" has not taken a checkpoint since {at}: {sentence}':
    'L’ancrage « {name} » n’a pris aucun point de contrôle depuis le {at} : {sentence}',
  'The second bucket was given a checkpoint of {count} entries and holds only {known}: it lost objects, or is another bucket.':
    'Le second compartiment a reçu un point de contrôle de {count} entrées et n’en a que {known} : il a perdu des objets, ou c’est un autre compartiment.',
  'The second bucket holds a checkpoint of {count} entries that the first does not: the first was rolled back or lost it.':
    'Le second compartiment a un point de contrôle de {count} entrées que le premier n’a pas : le premier a été ramené en arrière ou l’a perdu.',
  'The two buckets hold different checkpoints of {count} entries: the log was forked.':
    'Les deux compartiments ont des points de contrôle différents de {count} entrées : le journal a été dédoublé.',
  '{what} of {count} entries is missing from the object store.':
    '{what} de {count} entrées manque dans le stockage d’objets.',
  'The timestamp': 'L’horodatage',
  'The checkpoint below the timestamp': 'Le point de contrôle sous l’horodatage',
  'The timestamp of the checkpoint of {count} entries does not hold: {sentence}':
    'L’horodatage du point de contrôle de {count} entrées ne tient pas : {sentence}',
  'The cosignature of {name} is not one of the checkpoint of {count} entries: that checkpoint was replaced.':
    'La cosignature de {name} n’est pas celle du point de contrôle de {count} entrées : ce point de contrôle a été remplacé.',
  'It signed a checkpoint of {count} entries, and this log has only {known}: the log was rolled back.':
    'Il a signé un point de contrôle de {count} entrées, et ce journal n’en a que {known} : le journal a été ramené en arrière.',
  'It signed another checkpoint of {count} entries: the log was forked.':
    'Il a signé un autre point de contrôle de {count} entrées : le journal a été dédoublé.',
  'It answered 409 without saying which size it knows.': 'Il a répondu 409 sans dire quelle taille il connaît.',
  'It does not trust the key of this log.': 'Il ne reconnaît pas la clé de ce journal.',
  'It does not know this log; its operator must enter the origin and the verifier key.':
    'Il ne connaît pas ce journal ; son exploitant doit inscrire l’origine et la clé de vérification.',
  'The log does not continue the checkpoint that it signed: the log was forked.':
    'Le journal ne prolonge pas le point de contrôle qu’il a signé : le journal a été dédoublé.',
  'It answered {status}.': 'Il a répondu {status}.',
  'Its answer is no cosignature.': 'Sa réponse n’est pas une cosignature.',
  'Its answer carries no cosignature of the configured key that holds.':
    'Sa réponse ne porte aucune cosignature valable de la clé configurée.',
  'The timestamping authority answered {status}.': 'L’autorité d’horodatage a répondu {status}.',
  'The timestamp is over another hash than SHA-256.': 'L’horodatage porte sur une autre empreinte que SHA-256.',
  'The timestamp is of other bytes.': 'L’horodatage porte sur d’autres octets.',
  'The timestamp answers another request.': 'L’horodatage répond à une autre demande.',
  'The authority refused the timestamp (status {status}).': 'L’autorité a refusé l’horodatage (état {status}).',
  'The timestamp has no signer.': 'L’horodatage n’a pas de signataire.',
  'The answer of the authority is not a timestamp.': 'La réponse de l’autorité n’est pas un horodatage.',
  'The signature of the timestamp does not hold, or leads to no trusted certificate{words}.':
    'La signature de l’horodatage ne tient pas, ou ne mène à aucun certificat reconnu{words}.',
  'The certificate of the timestamp is not one of a timestamping authority.':
    'Le certificat de l’horodatage n’est pas celui d’une autorité d’horodatage.',
  'The timestamp does not name the certificate that signed it.':
    'L’horodatage ne nomme pas le certificat qui l’a signé.',
  'The bucket refused or could not be reached ({words}).': 'Le compartiment a refusé ou est injoignable ({words}).',
}
