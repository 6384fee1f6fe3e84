import { createHash } from 'node:crypto'
import type { DemoPerson } from './demo-people.ts'

export type PageLanguage = 'en' | 'fr'

const words = {
  en: {
    title: 'Sign in',
    lead: 'This is the identity provider built into the evaluation set-up. In production, your company’s own sign-in stands here.',
    login: 'Login',
    password: 'Password',
    submit: 'Sign in',
    wrong: 'This login and password do not match. Check both, then try again: everybody’s password is “demo”.',
    people: 'Demo people',
    hint: 'Password for everybody:',
    other: 'Français',
    signOutTitle: 'Sign out',
    signOutLead: 'You are being signed out of the evaluation identity provider.',
    signOut: 'Sign out',
    errorTitle: 'Sign-in did not succeed',
    errorLead: 'Go back to the gateway and sign in again.',
    lost: 'This sign-in page has expired or was opened in another browser.',
  },
  fr: {
    title: 'Connexion',
    lead: 'Voici le fournisseur d’identité intégré à la version d’évaluation. En production, la connexion de votre entreprise prend sa place.',
    login: 'Identifiant',
    password: 'Mot de passe',
    submit: 'Se connecter',
    wrong:
      'Identifiant ou mot de passe incorrect. Vérifiez les deux, puis réessayez : le mot de passe de tous est « demo ».',
    people: 'Personnes de démonstration',
    hint: 'Mot de passe de tous :',
    other: 'English',
    signOutTitle: 'Déconnexion',
    signOutLead: 'Vous êtes en cours de déconnexion du fournisseur d’identité d’évaluation.',
    signOut: 'Se déconnecter',
    errorTitle: 'La connexion n’a pas abouti',
    errorLead: 'Retournez à la passerelle et connectez-vous de nouveau.',
    lost: 'Cette page de connexion a expiré ou a été ouverte dans un autre navigateur.',
  },
} as const

/** French when the browser asks for it before English, else English. */
export function choosePageLanguage(asked: string | null, acceptLanguage: string | undefined): PageLanguage {
  const wishes = `${asked ?? ''},${acceptLanguage ?? ''}`.toLowerCase()
  const first = /\b(fr|en)\b/.exec(wishes)
  return first?.[1] === 'fr' ? 'fr' : 'en'
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

// Submits the sign-out form at once; its hash is the only script that the pages' policy allows.
const autoSubmit = 'document.forms[0].submit()'
export const autoSubmitHash = createHash('sha256').update(autoSubmit).digest('base64')

function page(language: PageLanguage, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} – Containment</title><link rel="stylesheet" href="/sign-in/style.css"></head>
<body><main><p class="brand">Containment</p><h1>${escapeHtml(title)}</h1>
${body}</main></body>
</html>`
}

/** The sign-in page: a plain form with the fields `login` and `password`, and the demo people in words. */
export function signInPage(
  language: PageLanguage,
  people: readonly DemoPerson[],
  failed: { readonly login: string } | undefined,
): string {
  const w = words[language]
  const other = language === 'fr' ? 'en' : 'fr'
  const alert = failed === undefined ? '' : `<p class="alert" role="alert" id="wrong">${w.wrong}</p>`
  const described = failed === undefined ? '' : ' aria-invalid="true" aria-describedby="wrong"'
  const rows = people.map(
    (person) =>
      `<li><b>${escapeHtml(person.login)}</b> <span>${escapeHtml(person.name)} – ${escapeHtml(person.duty[language])}</span></li>`,
  )
  return page(
    language,
    w.title,
    `<p>${w.lead}</p>${alert}
<form method="post"><input type="hidden" name="lang" value="${language}">
<label for="login">${w.login}</label>
<input id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus value="${escapeHtml(failed?.login ?? '')}"${described}>
<label for="password">${w.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}>
<button type="submit">${w.submit}</button></form>
<section aria-labelledby="people"><h2 id="people">${w.people}</h2><ul>${rows.join('')}</ul><p>${w.hint} <code>demo</code></p></section>
<p class="language"><a href="?lang=${other}" lang="${other}" hreflang="${other}">${w.other}</a></p>`,
  )
}

/** The sign-out page around the provider's own form, which it submits by itself where scripts run. */
export function signOutPage(language: PageLanguage, form: string): string {
  const w = words[language]
  const complete = form.replace(
    '</form>',
    `<input type="hidden" name="logout" value="yes"><button type="submit">${w.signOut}</button></form>`,
  )
  return page(language, w.signOutTitle, `<p>${w.signOutLead}</p>${complete}<script>${autoSubmit}</script>`)
}

/** What went wrong, in words; `detail` is the provider's own sentence. */
export function errorPage(language: PageLanguage, detail: string | undefined): string {
  const w = words[language]
  return page(
    language,
    w.errorTitle,
    `<p class="alert" role="alert">${escapeHtml(detail ?? w.lost)}</p><p>${w.errorLead}</p>`,
  )
}

export const pageStyle = `:root{--bg:#f5f7fa;--surface:#fff;--line:#76849a;--text:#14202e;--text-2:#48586a;--brand:#1b4f8a;--on-brand:#fff;--block:#a61b1b;--block-bg:#fdeaea}
@media (prefers-color-scheme:dark){:root{--bg:#0e141b;--surface:#161e28;--line:#76879a;--text:#e7edf4;--text-2:#a9b7c6;--brand:#8ab8ec;--on-brand:#0b1622;--block:#ff9d95;--block-bg:#46191a}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--text);font:400 15px/1.5 Inter,system-ui,sans-serif}
main{max-width:27rem;margin:6vh auto;padding:24px;background:var(--surface);border-radius:8px}
.brand{margin:0;font-weight:650;color:var(--brand)}h1{font-size:22px;line-height:30px;margin:4px 0 8px}h2{font-size:15px;margin:24px 0 4px}p{margin:8px 0;color:var(--text-2)}
label{display:block;margin:14px 0 4px;font-weight:600}input:not([type=hidden]){width:100%;min-height:40px;padding:8px 10px;font:inherit;color:var(--text);background:var(--surface);border:1px solid var(--line);border-radius:6px}
button{width:100%;min-height:40px;margin-top:18px;border:0;border-radius:6px;background:var(--brand);color:var(--on-brand);font:600 15px/1 inherit;font-family:inherit;cursor:pointer}
:focus-visible{outline:2px solid var(--brand);outline-offset:2px}[aria-invalid]{border-color:var(--block)!important}.alert{padding:10px 12px;border-radius:6px;background:var(--block-bg);color:var(--block)}
ul{margin:0;padding:0;list-style:none}li{padding:3px 0;color:var(--text-2)}li b{color:var(--text)}code{font:600 14px ui-monospace,monospace;color:var(--text)}a{color:var(--brand)}.language{margin-bottom:0}
`
