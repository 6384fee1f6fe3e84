/** Texts of the demo firm. `{…}` is filled from `slots`; each filling makes another post. */
export interface DemoText {
  readonly text: string
  readonly link?: { readonly url: string; readonly text: string }
}

export const slots = {
  en: {
    city: ['Bristol', 'Leeds', 'Edinburgh', 'Cardiff', 'Manchester', 'Belfast', 'Norwich'],
    month: ['January', 'March', 'May', 'June', 'September', 'October', 'November'],
    topic: [
      'pension transfers',
      'green bonds',
      'first homes',
      'estate planning',
      'small business loans',
      'school fees',
    ],
    team: ['client service', 'risk', 'technology', 'research', 'operations', 'mortgage'],
    guest: ['Dr Amelia Stone', 'Professor Owen Hughes', 'Nadia Rahman', 'Tom Ferris', 'Helen Achebe'],
  },
  fr: {
    city: ['Nantes', 'Lille', 'Bordeaux', 'Strasbourg', 'Rennes', 'Grenoble', 'Dijon'],
    month: ['janvier', 'mars', 'mai', 'juin', 'septembre', 'octobre', 'novembre'],
    topic: [
      'l’épargne salariale',
      'la transmission',
      'le premier achat',
      'la retraite',
      'le prêt étudiant',
      'la finance durable',
    ],
    team: ['conseil', 'risques', 'informatique', 'recherche', 'opérations', 'crédit'],
    guest: ['Claire Vasseur', 'Yanis Haddad', 'le professeur Marc Oriol', 'Élodie Perrin', 'Awa Ndiaye'],
  },
} as const

export const ordinary: { readonly en: readonly DemoText[]; readonly fr: readonly DemoText[] } = {
  en: [
    {
      text: 'Our {city} office opens its doors on Saturday morning. Come and meet the {team} team over coffee. #community',
    },
    {
      text: 'How do you explain {topic} to a friend in five minutes? Our advisers tried. Their answers are on our blog.',
      link: { url: 'https://meridian-bank.example/blog', text: 'Read their answers' },
    },
    {
      text: 'We are hiring for our {team} team in {city}: six roles, hybrid work, and a training budget that people actually use. #jobs',
    },
    {
      text: '{guest} joins us in {month} for an evening about {topic}. Seats are free and limited; registration is on our site.',
      link: { url: 'https://meridian-bank.example/events', text: 'Register' },
    },
    {
      text: 'Fraud alert: we will never ask for your password or a one-time code by phone. If somebody does, hang up and call the number on your card.',
    },
    {
      text: 'Thank you to the 120 colleagues who planted trees near {city} this weekend. The mud washes out, we are told.',
    },
    {
      text: 'Our branch in {city} will be closed for works until the end of {month}. Cash machines stay open, and {city} Central is ten minutes away.',
    },
    {
      text: 'Apprentices who started with our {team} team in {month} have finished their first year. Congratulations to all fourteen of you!',
    },
    {
      text: 'New on our site: a plain-language glossary of {topic}, written with readers and without footnotes.',
      link: { url: 'https://meridian-bank.example/glossary', text: 'Open the glossary' },
    },
    {
      text: 'Proud to support the {city} half marathon again. See you at the 10-kilometre mark with water and bad puns. 🏃',
    },
    {
      text: 'The annual report is out. Page 12 explains how our {team} team works, page 40 what we got wrong last year.',
      link: { url: 'https://meridian-bank.example/annual-report', text: 'Annual report' },
    },
    {
      text: 'Notes from our {month} round table on {topic}: three questions that came up again and again, and who is working on them.',
    },
    {
      text: 'Our app now reads balances aloud and works with large type. Tell us what else would help: accessibility is a habit, not a project.',
    },
    {
      text: 'Planned maintenance on Sunday from 2:00 to 5:00: online banking in {city} and elsewhere will be unavailable. Cards keep working.',
    },
    {
      text: 'Two days, 40 students, one question: how would you teach {topic} at school? Thank you, {city}, for the answers.',
    },
    { text: 'Our {team} team moved house this week. The plants survived, and so did the good chairs.' },
    {
      text: 'Small firms in {city} told us that forms take too long. We cut ours from eleven pages to four. More to come.',
    },
    { text: 'Ask us anything about {topic}: our advisers answer on Thursday at noon, in English and French.' },
    {
      text: 'Ten years ago {guest} opened our first savings class in {city}. Today there are thirty of them. Happy birthday to the classes!',
    },
    {
      text: 'We publish our gender pay gap today, together with what we have changed since last {month}.',
      link: { url: 'https://meridian-bank.example/pay-gap', text: 'See the figures' },
    },
  ],
  fr: [
    {
      text: 'Notre agence de {city} ouvre ses portes samedi matin. Venez rencontrer l’équipe {team} autour d’un café. #proximité',
    },
    {
      text: 'Comment expliquer {topic} à un ami en cinq minutes ? Nos conseillers s’y sont essayés. Leurs réponses sont sur notre blog.',
      link: { url: 'https://meridian-bank.example/fr/blog', text: 'Lire leurs réponses' },
    },
    {
      text: 'Nous recrutons pour l’équipe {team} à {city} : six postes, télétravail partiel et un budget de formation qui sert vraiment. #emploi',
    },
    {
      text: '{guest} nous rejoint en {month} pour une soirée sur {topic}. Entrée libre, places limitées, inscription sur notre site.',
      link: { url: 'https://meridian-bank.example/fr/evenements', text: 'S’inscrire' },
    },
    {
      text: 'Attention aux fraudes : nous ne demandons jamais votre mot de passe ni un code reçu par SMS. Si quelqu’un le fait, raccrochez et appelez le numéro de votre carte.',
    },
    {
      text: 'Merci aux 120 collègues qui ont planté des arbres près de {city} ce week-end. La boue part au lavage, paraît-il.',
    },
    { text: 'Notre agence de {city} ferme pour travaux jusqu’à fin {month}. Les distributeurs restent ouverts.' },
    {
      text: 'Nos alternants arrivés en {month} dans l’équipe {team} terminent leur première année. Bravo à tous les quatorze !',
    },
    {
      text: 'Nouveau sur notre site : un glossaire de {topic}, écrit avec des lecteurs et sans notes de bas de page.',
      link: { url: 'https://meridian-bank.example/fr/glossaire', text: 'Ouvrir le glossaire' },
    },
    {
      text: 'Fiers de soutenir encore le semi-marathon de {city}. Rendez-vous au dixième kilomètre, avec de l’eau et de mauvais jeux de mots. 🏃',
    },
    {
      text: 'Le rapport annuel est paru. La page 12 raconte le travail de l’équipe {team}, la page 40 ce que nous avons manqué l’an dernier.',
      link: { url: 'https://meridian-bank.example/fr/rapport-annuel', text: 'Rapport annuel' },
    },
    {
      text: 'Compte rendu de notre table ronde sur {topic}, tenue en {month} : trois questions revenues sans cesse, et qui y travaille.',
    },
    {
      text: 'Notre application lit désormais les soldes à voix haute et accepte les grands caractères. Dites-nous ce qui aiderait encore.',
    },
    {
      text: 'Maintenance prévue dimanche de 2 h à 5 h : la banque en ligne sera indisponible à {city} comme ailleurs. Les cartes fonctionnent.',
    },
    {
      text: 'Deux jours, 40 élèves, une question : comment enseigner {topic} au lycée ? Merci à {city} pour les réponses.',
    },
    { text: 'L’équipe {team} a déménagé cette semaine. Les plantes ont survécu, les bonnes chaises aussi.' },
    {
      text: 'Les petites entreprises de {city} trouvaient nos formulaires trop longs. Le nôtre passe de onze pages à quatre. La suite arrive.',
    },
    {
      text: 'Posez-nous vos questions sur {topic} : nos conseillers répondent jeudi à midi, en français et en anglais.',
    },
    {
      text: 'Il y a dix ans, {guest} ouvrait à {city} notre premier atelier sur le budget. Il y en a trente aujourd’hui. Joyeux anniversaire aux ateliers !',
    },
    {
      text: 'Nous publions aujourd’hui notre index d’égalité professionnelle, avec ce qui a changé depuis {month}.',
      link: { url: 'https://meridian-bank.example/fr/egalite', text: 'Voir les chiffres' },
    },
  ],
}

/** Texts that policy stops, or that an officer ought to look at twice. */
export const risky: { readonly en: readonly DemoText[]; readonly fr: readonly DemoText[] } = {
  en: [
    { text: 'Our new income fund: guaranteed returns of 6% a year. Talk to me in {city} before the end of {month}.' },
    { text: 'You cannot lose with our balanced portfolio. Ask the {team} team in {city} how it works.' },
    { text: 'Guaranteed profit, zero stress: join the {city} investor evening about {topic}.' },
    { text: 'Buy bitcoin with us from {month}: easier than {topic}, and faster than your bank.' },
    {
      text: 'What our clients say in {city}: “My adviser changed my life.” Testimonials like this keep the {team} team going.',
    },
    { text: 'We expect our growth fund to return 9% next year. {guest} explains why in {city}.' },
    { text: 'Last chance: invest in our fixed rate bond before the end of {month}. The {city} desk is open late.' },
    { text: 'Tax-free income for retirees in {city}? Our {team} team knows how.' },
    {
      text: 'Questions about {topic}? Message me on WhatsApp or write to james.w.advice@gmail.com, I answer faster there.',
    },
    { text: 'For internal use only: the {month} pricing of {topic} moves up by 20 basis points in {city}.' },
    { text: 'Heard in {city}: merger talks are close. Buy before the deal is announced.' },
    { text: 'Top ranked adviser three years running, better than every bank in {city}. Come and see the {team} team.' },
    { text: 'Please pay the {month} event fee to GB82 WEST 1234 5698 7654 32, reference {city}.' },
    { text: 'Our best performing picks since {month}: gross returns of 14%. Ask {guest}.' },
  ],
  fr: [
    { text: 'Notre nouveau fonds : rendement garanti de 6 % par an. Parlons-en à {city} avant fin {month}.' },
    { text: 'Placez votre épargne sans risque avec l’équipe {team} de {city}.' },
    { text: 'Zéro risque, gains rapides : soirée investisseurs à {city} autour de {topic}.' },
    { text: 'Achetez des bitcoins avec nous dès {month} : plus simple que {topic}.' },
    {
      text: 'Investir comporte un risque de perte en capital, mais notre fonds est un placement sûr à 100 %, demandez à l’équipe {team} de {city}.',
    },
    {
      text: 'Nos performances passées parlent d’elles-mêmes : +12 % l’an dernier. {guest} vous explique tout à {city}.',
    },
    { text: 'Dernière chance pour souscrire : offre valable jusqu’à fin {month} à {city}.' },
    { text: 'Une question sur {topic} ? Écrivez-moi sur WhatsApp ou à karim.conseil@orange.fr, je réponds plus vite.' },
    { text: 'Usage interne : les tarifs de {month} pour {topic} montent de 20 points de base à {city}.' },
    { text: 'Information privilégiée entendue à {city} : le rapprochement sera annoncé en {month}.' },
    { text: 'Merci de régler la participation de {month} sur FR76 3000 6000 0112 3456 7890 189, référence {city}.' },
    { text: 'Gagnez plus facilement avec nos conseillers de {city} : l’argent facile, c’est possible.' },
    { text: 'Le meilleur conseiller de {city}, trois années de suite, mieux que toutes les autres banques.' },
    { text: 'Doublez votre capital avec notre offre {month}, c’est la promesse de l’équipe {team}.' },
  ],
}
