import type { SandboxPost } from '#server/publishing/sandbox-store.ts'
import type { Language } from '#shared/api/common.ts'
import { findUrls } from '#shared/find-urls.ts'
import { escapeHtml } from './provider-pages.ts'
import { sandboxWords } from './sandbox-words.ts'

/** What a page shows. `path` is the page's own, for the link to the other language. */
export interface SandboxPage {
  readonly language: Language
  readonly path: string
  readonly heading: string
  readonly lead?: string | undefined
  readonly posts: readonly SandboxPost[]
  readonly empty: string
  /** Where the next older page begins; absent on the last page. */
  readonly older?: string | undefined
  /** True for the first page of a timeline, which shows new posts by itself. */
  readonly live: boolean
}

/** A whole page of the sandbox network: no inline style, no inline script. */
export function sandboxPage(page: SandboxPage): string {
  const words = sandboxWords[page.language]
  const other = page.language === 'fr' ? 'en' : 'fr'
  const older =
    page.older === undefined
      ? ''
      : `<a rel="next" href="${page.path}?lang=${page.language}&amp;before=${page.older}">${words.older}</a>`
  const home = page.path === '/sandbox' && page.live ? '' : `<a href="/sandbox?lang=${page.language}">${words.back}</a>`
  return `<!doctype html>
<html lang="${page.language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.heading)} – ${words.title}</title><link rel="stylesheet" href="/sandbox/style.css">
<link rel="alternate" type="application/feed+json" title="${words.feed}" href="/sandbox/feed.json">${page.live ? '<script src="/sandbox/timeline.js" defer></script>' : ''}</head>
<body><a class="skip" href="#posts">${words.skip}</a>
<header><p class="brand"><a href="/sandbox?lang=${page.language}"><span class="mark" aria-hidden="true"></span>${words.title}</a></p>
<nav><a href="${page.path}?lang=${other}" lang="${other}" hreflang="${other}">${words.other}</a></nav><p class="about">${words.lead}</p></header>
<main><h1>${escapeHtml(page.heading)}</h1>${page.lead === undefined ? '' : `<p>${escapeHtml(page.lead)}</p>`}
<p id="news" class="unseen" role="status" data-words="${words.arrived}"></p>
<div id="posts" tabindex="-1">${page.posts.map((post) => article(post, page.language)).join('\n')}</div>
${page.posts.length === 0 ? `<p id="empty" class="empty">${page.empty}</p>` : ''}
<p class="pages">${home}${older}</p></main>
<footer><a href="/sandbox/feed.json">${words.feed}</a></footer></body>
</html>
`
}

function article(post: SandboxPost, language: Language): string {
  const words = sandboxWords[language]
  const account = `/sandbox/@${encodeURIComponent(post.handle)}?lang=${language}`
  const permalink = `/sandbox/posts/${post.id}?lang=${language}`
  const name = escapeHtml(post.displayName ?? post.handle)
  const spoken = post.language === undefined ? '' : ` lang="${escapeHtml(post.language)}"`
  return `<article id="post-${post.id}" aria-labelledby="by-${post.id}"><span class="avatar tone-${tone(post.handle)}" aria-hidden="true">${escapeHtml(initials(post.displayName ?? post.handle))}</span>
<div class="said"><h2 id="by-${post.id}"><a href="${account}">${name}</a> <span class="handle">@${escapeHtml(post.handle)}</span></h2>
<p class="when"><a href="${permalink}"><span class="unseen">${words.published} </span><time datetime="${post.publishedAt}">${readableTime(post.publishedAt, language)}</time></a></p>
<div class="text"${spoken}>${[post.text, ...(post.thread ?? [])].map(formatText).join('')}</div>${media(post, language)}${links(post, language)}</div></article>`
}

function media(post: SandboxPost, language: Language): string {
  const items = post.media.map((item, index) => {
    const url = `/sandbox/media/${post.id}/${index}`
    const alt = escapeHtml(item.altText ?? '')
    if (item.mimeType.startsWith('image/')) return `<img src="${url}" alt="${alt}" loading="lazy">`
    if (item.mimeType.startsWith('video/'))
      return `<video src="${url}" aria-label="${alt === '' ? sandboxWords[language].attachment : alt}" controls preload="metadata"></video>`
    return `<a href="${url}">${alt === '' ? sandboxWords[language].attachment : alt}</a>`
  })
  return items.length === 0 ? '' : `<div class="media media-${Math.min(items.length, 4)}">${items.join('')}</div>`
}

function links(post: SandboxPost, language: Language): string {
  // An address that the text shows already needs no card.
  const cards = post.links.filter(({ url }) => !post.text.includes(url) && /^https?:\/\//.test(url))
  const items = cards.map(({ url, text }) => {
    const host = escapeHtml(URL.canParse(url) ? new URL(url).host : url)
    return `<li><a rel="nofollow noopener" href="${escapeHtml(url)}"><strong>${escapeHtml(text ?? url)}</strong><span>${host}</span></a></li>`
  })
  return items.length === 0
    ? ''
    : `<ul class="links" aria-label="${sandboxWords[language].links}">${items.join('')}</ul>`
}

const hashtag = /(?<![\p{L}\p{N}_&])#[\p{L}\p{N}_]+/gu

/** Text as HTML: paragraphs, lines, web addresses as links, hashtags marked. Everything else is escaped. */
export function formatText(text: string): string {
  const parts: string[] = []
  let from = 0
  for (const url of findUrls(text)) {
    const shown = text.slice(url.start, url.end)
    const target = url.scheme ? shown : `https://${shown}`
    parts.push(formatPlain(text.slice(from, url.start)))
    parts.push(`<a rel="nofollow noopener" href="${escapeHtml(target)}">${escapeHtml(shown)}</a>`)
    from = url.end
  }
  parts.push(formatPlain(text.slice(from)))
  const paragraphs = parts.join('').split(/\n{2,}/)
  return paragraphs.map((paragraph) => `<p>${paragraph.replaceAll('\n', '<br>')}</p>`).join('')
}

function formatPlain(text: string): string {
  let html = ''
  let from = 0
  for (const match of text.matchAll(hashtag)) {
    html += `${escapeHtml(text.slice(from, match.index))}<span class="tag">${escapeHtml(match[0])}</span>`
    from = match.index + match[0].length
  }
  return html + escapeHtml(text.slice(from))
}

function readableTime(at: string, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${format.format(new Date(at))} UTC`
}

function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return words
    .slice(0, 2)
    .map((word) => String.fromCodePoint(word.codePointAt(0) ?? 32).toUpperCase())
    .join('')
}

/** One of six colours, the same for the same account. */
function tone(handle: string): number {
  let sum = 0
  for (const character of handle) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973
  return sum % 6
}
