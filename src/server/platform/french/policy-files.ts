import type { FrenchSentences } from './french-sentences.ts'

/** What is wrong with a policy file. Keywords stay as the file has them; only the words around them are French. */
export const policyFilesInFrench: FrenchSentences = {
  // What only the firm's units tell.
  'The firm has no unit "{name}", so nobody could decide this stage. Write {nearest}, or enter the unit first.':
    'L’établissement n’a pas d’unité « {name} » : personne ne pourrait décider à cette étape. Écrivez {nearest}, ou créez d’abord l’unité.',
  'The firm has no unit "{name}", so nobody could decide this stage. Enter the unit first, or write another: {units}.':
    'L’établissement n’a pas d’unité « {name} » : personne ne pourrait décider à cette étape. Créez d’abord l’unité, ou écrivez-en une autre : {units}.',

  // Reading the file.
  'This is not valid YAML: {sentence}': 'Ce n’est pas du YAML valable : {sentence}',
  'Put the text in quotes if it holds : # { [ or begins with * or &.':
    'Mettez le texte entre guillemets s’il contient : # { [ ou commence par * ou &.',
  'a tab stands at the beginning of the line. Write spaces.':
    'une tabulation se trouve au début de la ligne. Écrivez des espaces.',
  'the line begins too far left or right. Give it as many spaces as the lines beside it.':
    'la ligne commence trop à gauche ou trop à droite. Donnez-lui autant d’espaces qu’aux lignes voisines.',
  'a colon with a space stands in a text, or a line break where none can be. {sentence}':
    'un deux-points suivi d’une espace se trouve dans un texte, ou un saut de ligne là où il n’en faut pas. {sentence}',
  'a colon with a space stands in a text, or the line begins too far right. {sentence}':
    'un deux-points suivi d’une espace se trouve dans un texte, ou la ligne commence trop à droite. {sentence}',
  'a colon is missing, as in severity: block, or a text goes on in the next line. Put such a text in quotes.':
    'il manque un deux-points, comme dans severity: block, ou un texte continue à la ligne suivante. Mettez un tel texte entre guillemets.',
  'the same word stands twice in one place. Keep one of them; a new rule begins with "- id:".':
    'le même mot figure deux fois au même endroit. N’en gardez qu’un ; une nouvelle règle commence par « - id: ».',
  '--- begins a second document. Put that into a file of its own.':
    '--- commence un second document. Mettez-le dans un fichier à part.',
  'a text cannot begin with @ or ` or %. Put it in quotes.':
    'un texte ne peut pas commencer par @ ou ` ou %. Mettez-le entre guillemets.',
  'a quote is opened and not closed. Close it; inside single quotes an apostrophe is written twice.':
    'un guillemet est ouvert et n’est pas fermé. Fermez-le ; entre guillemets simples, l’apostrophe s’écrit deux fois.',
  'a [ or { or colon is opened or expected and not finished. Close the bracket, or put the text in quotes.':
    'un [ ou un { est ouvert, ou un deux-points attendu. Fermez-le, ou mettez le texte entre guillemets.',
  "{words}. Give the words a name under lists: and write '$name', or put a text that begins with * in quotes.":
    "{words}. Donnez un nom à ces mots sous lists: et écrivez '$nom', ou mettez entre guillemets un texte qui commence par *.",
  'A letter of this line cannot be read. Save the file as UTF-8.':
    'Une lettre de cette ligne est illisible. Enregistrez le fichier en UTF-8.',
  'The file is empty. Begin with "policy: our-rules" and "rules:".':
    'Le fichier est vide. Commencez par « policy: our-rules » et « rules: ».',
  '{words} does not fit. Write {kind}.': '{words} ne convient pas. Écrivez {kind}.',
  'The file has {count} characters, and at most {most} are read. Split it into several.':
    'Le fichier a {count} caractères, et {most} au plus sont lus. Coupez-le en plusieurs.',
  '"{name}" is not known here. Put the sentence before it in quotes: a comma ends it there.':
    '"{name}" n’est pas connu ici. Mettez la phrase qui précède entre guillemets : une virgule la termine là.',
  '"{name}" is not known here. {sentence}': '"{name}" n’est pas connu ici. {sentence}',
  'Write one of: {names}.': 'Écrivez un de ceux-ci : {names}.',
  'Did you mean "{nearest}"? Known here: {names}.': 'Vouliez-vous dire "{nearest}" ? Connus ici : {names}.',
  '"{name}:" is missing. Write {what}.': '"{name}:" manque. Écrivez {what}.',
  'The file {sentence}. Write {what}.': 'Le fichier {sentence}. Écrivez {what}.',
  'Item {number} of "{name}" {sentence}. Write {what}.': 'L’élément {number} de "{name}" {sentence}. Écrivez {what}.',
  '"{name}" {sentence}. Write {what}.': '"{name}" {sentence}. Écrivez {what}.',
  'does not fit': 'ne convient pas',
  'it as policies/README.md shows': 'comme le montre policies/README.md',

  // What to write instead.
  'letters, digits, dots and dashes, starting with a letter':
    'des lettres, des chiffres, des points et des tirets, en commençant par une lettre',
  'both languages: { en: …, fr: … }': 'les deux langues : { en: …, fr: … }',
  'a list of names: [one, two]': 'une liste de noms : [un, deux]',
  'block, review or note': 'block, review ou note',
  'fr or en': 'fr ou en',
  'word or contains': 'word ou contains',
  '[case, accents], [case], [accents] or []': '[case, accents], [case], [accents] ou []',
  'off, standard or strict': 'off, standard ou strict',
  'a day (2026-12-15) or a local time (2026-12-15T18:00)':
    'un jour (2026-12-15) ou une heure locale (2026-12-15T18:00)',
  'a time of day in quotes: "18:00"': 'une heure entre guillemets : "18:00"',
  'month and day in quotes: "12-24"': 'le mois et le jour entre guillemets : "12-24"',
  'a condition in quotes, as in \'post.static && post.communicationClass == "retail"\'':
    'une condition entre guillemets, comme dans \'post.static && post.communicationClass == "retail"\'',
  'a list of terms: [first term, second term]': 'une liste de termes : [premier terme, second terme]',
  'a name or a list of names': 'un nom ou une liste de noms',
  'anywhere or beforeTruncation': 'anywhere ou beforeTruncation',
  'always or forFigures': 'always ou forFigures',
  'true, or a list of hosts: [example.com]': 'true, ou une liste d’hôtes : [example.com]',
  '{ disclosure: name, visible: beforeTruncation } or another requirement of policies/README.md':
    '{ disclosure: nom, visible: beforeTruncation } ou une autre exigence de policies/README.md',
  '{ allow: [example.com] } or { deny: [example.com] } or { https: true }':
    '{ allow: [example.com] } ou { deny: [example.com] } ou { https: true }',
  "{ allow: ['@name'] } or { deny: ['@name'] }": "{ allow: ['@nom'] } ou { deny: ['@nom'] }",
  'iban, card, nir-fr, ssn-us, email, phone, account-number, record-number or figure':
    'iban, card, nir-fr, ssn-us, email, phone, account-number, record-number ou figure',
  'parts of the input, as in with: { post: { static: true } }':
    'des parties de l’entrée, comme dans with: { post: { static: true } }',
  '{ hit: "text with the ⟦hit⟧ marked" } or { pass: "text that must not be hit" }':
    '{ hit: "texte où ⟦ce qui est visé⟧ est marqué" } ou { pass: "texte qui ne doit pas être visé" }',
  'enforce, warn or audit': 'enforce, warn ou audit',
  "a list of formats in quotes: ['MRN #######'] (# a digit, @ a letter, * either)":
    "une liste de formats entre guillemets : ['MRN #######'] (# un chiffre, @ une lettre, * l’un ou l’autre)",
  'a list from text, linkText, url and altText': 'une liste prise dans text, linkText, url et altText',
  'a time zone such as Europe/Paris': 'un fuseau horaire comme Europe/Paris',
  "{ days: [sat, sun] } or { days: [mon], from: '18:00', to: '24:00' }":
    "{ days: [sat, sun] } ou { days: [mon], from: '18:00', to: '24:00' }",
  'a list of stages: [{ name: compliance, need: 1 }]': 'une liste d’étapes : [{ name: compliance, need: 1 }]',
  'a share such as 5% or 0.05': 'une part comme 5% ou 0.05',
  'a list of rules, each beginning with "- id:"': 'une liste de règles, chacune commençant par "- id:"',
  'a list of routes': 'une liste de parcours',
  'a list of cases': 'une liste de cas',

  // Files beside each other.
  'There is no policy file here. Write one such as policies/house-style/house-style.yaml.':
    'Il n’y a pas de fichier de règles ici. Écrivez-en un, comme policies/house-style/house-style.yaml.',
  '{file}:{line} has a rule "{name}" already. Choose another id.':
    '{file}:{line} a déjà une règle "{name}". Choisissez un autre id.',
  '{file} has another list "{name}". Choose another name for one of them.':
    '{file} a une autre liste "{name}". Choisissez un autre nom pour l’une des deux.',
  'Another calendar is called "{name}". Choose another name for one of them.':
    'Un autre calendrier s’appelle "{name}". Choisissez un autre nom pour l’un des deux.',
  'Another disclosure is called "{name}". Choose another name for one of them.':
    'Une autre mention s’appelle "{name}". Choisissez un autre nom pour l’une des deux.',

  // Calendars, conditions and routes.
  '"{day}" is not a day of the calendar.': '"{day}" n’est pas un jour du calendrier.',
  '"{day}" is not a day of the year. Write month-day: "12-24".':
    '"{day}" n’est pas un jour de l’année. Écrivez mois-jour : "12-24".',
  '"{zone}" is not a time zone. Write one such as Europe/Paris or America/New_York.':
    '"{zone}" n’est pas un fuseau horaire. Écrivez-en un, comme Europe/Paris ou America/New_York.',
  'The period ends before it begins: write from: {from}, to: {to}.':
    'La période se termine avant de commencer : écrivez from: {from}, to: {to}.',
  'There is no calendar "{name}".': 'Il n’y a pas de calendrier "{name}".',
  'There is no calendar "{name}". Known: {what}.': 'Il n’y a pas de calendrier "{name}". Connus : {what}.',
  'none; add one under calendars:': 'aucun ; ajoutez-en un sous calendars:',
  'Write the name of the calendar in quotes: calendar("q4-quiet").':
    'Écrivez le nom du calendrier entre guillemets : calendar("q4-quiet").',
  '"{name}" cannot be used in a condition. Write it with == != < > in && || ! and the variables of policies/README.md.':
    '"{name}" ne s’emploie pas dans une condition. Écrivez-la avec == != < > in && || ! et les variables de policies/README.md.',
  '{name}() cannot be used in a condition. Known: {names}.':
    '{name}() ne s’emploie pas dans une condition. Connus : {names}.',
  'matches() is not allowed: write the expression as the rule\'s "pattern:", which runs in linear time.':
    'matches() n’est pas admis : écrivez l’expression dans le "pattern:" de la règle, qui s’exécute en temps linéaire.',
  '.{name}() stands inside another loop. Write two conditions, or ask about one list only.':
    '.{name}() se trouve dans une autre boucle. Écrivez deux conditions, ou n’interrogez qu’une liste.',
  'The condition answers {type}, not true or false. Compare it with something: == "…"':
    'La condition répond {type}, ni true ni false. Comparez-la à quelque chose : == "…"',
  'The condition answered {words}.': 'La condition a répondu {words}.',
  'This condition ends too early: something is missing after its last sign, or a parenthesis is not closed.':
    'Cette condition s’arrête trop tôt : il manque quelque chose après son dernier signe, ou une parenthèse n’est pas fermée.',
  'This condition cannot be used: {words}.{sentence}{more} The variables stand in policies/README.md.':
    'Cette condition est inutilisable : {words}.{sentence}{more} Les variables figurent dans policies/README.md.',
  'Known: {names} (and findings in routes).': 'Connus : {names} (et findings dans les parcours).',
  'A route has either when: with a condition, or otherwise: true. Write one of them.':
    'Un parcours a soit when: avec une condition, soit otherwise: true. Écrivez l’un des deux.',
  'A sample is at most 100%. Write a share such as 5%.':
    'Un échantillon est de 100 % au plus. Écrivez une part comme 5%.',

  // Rules and their terms.
  'The literal "{word}" does not occur in the pattern. Write a word that every match contains.':
    'Le littéral "{word}" n’est pas dans le motif. Écrivez un mot que contient chaque occurrence.',
  'The pattern {pattern} cannot be used ({words}). Patterns are RE2: no look-around and no back-references.':
    'Le motif {pattern} est inutilisable ({words}). Les motifs sont RE2 : ni look-around, ni références arrière.',
  'The rule "{name}" checks nothing. Add one of: {names}':
    'La règle "{name}" ne vérifie rien. Ajoutez un de ceux-ci : {names}',
  'unless: cancels hits of any: and there is none. Add any: or remove unless:.':
    'unless: annule ce que trouve any:, et il n’y en a pas. Ajoutez any: ou retirez unless:.',
  'visible: says where a disclosure stands. Add disclosure: beside it.':
    'visible: dit où se trouve une mention. Ajoutez disclosure: à côté.',
  '"{name}" is not a class. Write retail, correspondence or institutional.':
    '"{name}" n’est pas une classe. Écrivez retail, correspondence ou institutional.',
  'The marks of "{words}" do not pair. Write ⟦ before and ⟧ after each hit.':
    'Les marques de "{words}" ne vont pas par paires. Écrivez ⟦ avant et ⟧ après chaque occurrence.',
  'There is no disclosure "{name}". {sentence}': 'Il n’y a pas de mention "{name}". {sentence}',
  'Add it under disclosures:. Known: {names}.': 'Ajoutez-la sous disclosures:. Connues : {names}.',
  'Did you mean "{name}"?': 'Vouliez-vous dire "{name}" ?',
  'Write {name}/5: a slash and a number from 0 to {limit}.':
    'Écrivez {name}/5 : une barre oblique et un nombre de 0 à {limit}.',
  'Write | instead of OR, or put "OR" in quotes.': 'Écrivez | au lieu de OR, ou mettez "OR" entre guillemets.',
  'Write NEAR/10 (or another number) instead of AND, or put "AND" in quotes.':
    'Écrivez NEAR/10 (ou un autre nombre) au lieu de AND, ou mettez "AND" entre guillemets.',
  'Put what must not stand there under unless, or put "NOT" in quotes.':
    'Mettez sous unless ce qui ne doit pas s’y trouver, ou mettez "NOT" entre guillemets.',
  'Close the double quote.': 'Fermez le guillemet double.',
  'A star can only end a word. Use match: contains to find a word ending.':
    'Une étoile ne peut que terminer un mot. Utilisez match: contains pour trouver une fin de mot.',
  'A star can only end a word: write the forms out with |.':
    'Une étoile ne peut que terminer un mot : écrivez les formes avec |.',
  'Write { hashtag: {name} }, or put it in quotes.': 'Écrivez { hashtag: {name} }, ou mettez-le entre guillemets.',
  '"{words}" has no letter, digit or symbol that can be found.':
    '"{words}" n’a ni lettre, ni chiffre, ni symbole à trouver.',
  'Write at least {count} letters before the star, or list the forms.':
    'Écrivez au moins {count} lettres avant l’étoile, ou énumérez les formes.',
  'There is no list "{name}". Define it under lists, write { cashtag: {tag} }, or put it in quotes.':
    'Il n’y a pas de liste "{name}". Définissez-la sous lists, écrivez { cashtag: {tag} }, ou mettez-le entre guillemets.',
  'The list "{name}" contains itself: {names}.': 'La liste "{name}" se contient elle-même : {names}.',
  'The list "{name}" is empty: give it at least one term.':
    'La liste "{name}" est vide : donnez-lui au moins un terme.',
  'Close the parenthesis.': 'Fermez la parenthèse.',
  'A word is missing: an operator, a bar or parentheses have nothing beside or in them.':
    'Il manque un mot : un opérateur, une barre ou des parenthèses n’ont rien à côté ou dedans.',
  'There is a closing parenthesis too many.': 'Il y a une parenthèse fermante de trop.',
  'Write a tag as one run of letters and digits, without its sign.':
    'Écrivez une étiquette d’un seul tenant, en lettres et en chiffres, sans son signe.',
  'A pattern can stand under any or unless of a rule, not in a list.':
    'Un motif se place sous any ou unless d’une règle, pas dans une liste.',
  'Give near at least one word under of.': 'Donnez à near au moins un mot sous of.',
  'Use match: word for NEAR and PRE; contains takes plain text only.':
    'Utilisez match: word pour NEAR et PRE ; contains ne prend que du texte simple.',
  'Write at least 3 letters, or use match: word.': 'Écrivez au moins 3 lettres, ou utilisez match: word.',

  // Examples and cases that do not come out as written.
  'Case "{name}": {sentence}': 'Cas "{name}" : {sentence}',
  'Add {names} under tests:.': 'Ajoutez {names} sous tests:.',
  '"{words}" should pass and is hit at {what}.': '"{words}" devrait passer et est visé à {what}.',
  '"{words}" should be hit and passes.': '"{words}" devrait être visé et passe.',
  '"{words}" is hit at {what}, not where ⟦ ⟧ mark it.': '"{words}" est visé à {what}, et non là où ⟦ ⟧ le marquent.',
  'no place in particular': 'aucun endroit précis',
  'the verdict is {verdict}, not {due}.': 'le verdict est {verdict}, et non {due}.',
  'the findings are [{findings}], not [{due}].': 'les constats sont [{findings}], et non [{due}].',
  'the stages are [{stages}], not [{due}].': 'les étapes sont [{stages}], et non [{due}].',
}
