/** The stylesheet of the sandbox's pages. Contrast of text is at least 4.5:1 in light and dark. */
export const sandboxStyle = `
:root { color-scheme: light dark; --bg: #f5f7fa; --surface: #fff; --text: #14202e; --text-2: #48586a; --line: #d6dde6; --brand: #1b4f8a; --soft: #e4eef9;
  --t0: #1b4f8a; --t1: #17663a; --t2: #845000; --t3: #5b3a96; --t4: #a61b1b; --t5: #0b5f6b; }
@media (prefers-color-scheme: dark) { :root { --bg: #0e141b; --surface: #161e28; --text: #e7edf4; --text-2: #a9b7c6; --line: #2c3846; --brand: #8ab8ec; --soft: #17304d;
  --t0: #2b63a3; --t1: #1f7a47; --t2: #8a5a0c; --t3: #6d4aac; --t4: #b13030; --t5: #17727f; } }
* { box-sizing: border-box; }
html { font: 16px/1.5 'Inter Variable', Inter, system-ui, sans-serif; background: var(--bg); color: var(--text); }
body { margin: 0 auto; max-width: 44rem; padding: 0 1rem 3rem; }
a { color: var(--brand); text-underline-offset: 0.15em; }
a:focus-visible, #posts:focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -100vw; background: var(--surface); padding: 0.5rem 1rem; z-index: 1; }
.skip:focus { left: 1rem; top: 0.5rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; margin: 0; }
header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 1rem; padding-top: 1.25rem; }
.brand { margin: 0; font-weight: 700; font-size: 1.125rem; }
.brand a { display: inline-flex; align-items: center; gap: 0.5rem; min-height: 2.75rem; color: var(--text); text-decoration: none; }
.mark { width: 1.25rem; height: 1.25rem; border-radius: 6px; background: var(--brand); box-shadow: inset 0 -0.45rem 0 var(--t2); }
nav a, .pages a, footer a { display: inline-flex; align-items: center; min-height: 2.75rem; }
.about { flex-basis: 100%; margin: 0.25rem 0 0; color: var(--text-2); }
h1 { font-size: 1.25rem; line-height: 1.3; margin: 1.75rem 0 0.75rem; overflow-wrap: anywhere; }
#posts { display: grid; gap: 0.75rem; }
article { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.75rem; padding: 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
article.fresh { border-color: var(--brand); box-shadow: 0 0 0 1px var(--brand); }
.avatar { display: grid; place-items: center; width: 2.75rem; height: 2.75rem; border-radius: 50%; color: #fff; font-weight: 600; font-size: 0.9375rem; }
.tone-0 { background: var(--t0); } .tone-1 { background: var(--t1); } .tone-2 { background: var(--t2); } .tone-3 { background: var(--t3); } .tone-4 { background: var(--t4); } .tone-5 { background: var(--t5); }
h2 { margin: 0; font-size: 1rem; line-height: 1.4; overflow-wrap: anywhere; }
h2 a { color: var(--text); text-decoration: none; }
h2 a:hover, .brand a:hover { text-decoration: underline; }
.handle, .when { color: var(--text-2); font-weight: 400; }
.when { margin: 0; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.when a { color: inherit; display: inline-block; padding: 0.125rem 0; }
.text { margin-top: 0.5rem; overflow-wrap: anywhere; }
.text p { margin: 0 0 0.75rem; }
.text p:last-child { margin-bottom: 0; }
.tag { color: var(--brand); }
.media { display: grid; gap: 0.5rem; margin-top: 0.75rem; }
.media-2, .media-4 { grid-template-columns: 1fr 1fr; }
.media img, .media video { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); }
.links { list-style: none; margin: 0.75rem 0 0; padding: 0; display: grid; gap: 0.5rem; }
.links a { display: grid; padding: 0.625rem 0.875rem; border: 1px solid var(--line); border-radius: 6px; color: var(--text); text-decoration: none; overflow-wrap: anywhere; }
.links a:hover { border-color: var(--brand); }
.links span { color: var(--text-2); font-size: 0.875rem; }
.empty { padding: 2.5rem 1.5rem; margin: 0; text-align: center; color: var(--text-2); background: var(--surface); border: 1px dashed var(--line); border-radius: 8px; }
.pages { display: flex; justify-content: space-between; gap: 1rem; }
footer { color: var(--text-2); font-size: 0.875rem; }
@media (prefers-reduced-motion: no-preference) { article.fresh { animation: arrive 120ms ease-out; } @keyframes arrive { from { opacity: 0; transform: translateY(-6px); } } }
@media print { .skip, nav, footer, .pages { display: none; } }
`

/** Shows new posts while the page is open. It reads the page itself again, so nothing is drawn in two places. */
export const sandboxScript = `
'use strict'
function look() {
  const call = new XMLHttpRequest()
  call.responseType = 'document'
  call.addEventListener('load', () => {
    if (call.status === 200 && call.response) take(call.response)
  })
  call.open('GET', location.href)
  call.send()
}
function take(page) {
  const posts = document.getElementById('posts')
  for (const old of [...posts.children]) if (page.getElementById('posts').childElementCount < 30 && !page.getElementById(old.id)) old.remove()
  const fresh = [...page.getElementById('posts').children].filter((post) => !document.getElementById(post.id))
  const news = document.getElementById('news')
  for (const post of fresh.reverse()) {
    const copy = document.importNode(post, true)
    copy.classList.add('fresh')
    posts.prepend(copy)
    news.textContent = news.dataset.words + ' ' + copy.querySelector('h2').textContent
    document.getElementById('empty')?.remove()
  }
}
setInterval(() => document.visibilityState === 'visible' && look(), 3000)
`
