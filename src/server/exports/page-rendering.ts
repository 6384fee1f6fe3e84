import { mediaKey } from '#server/archive/object-keys.ts'
import { recordEvents } from '#shared/record-event.ts'
import { formatTime, type Reading } from './format-time.ts'
import { pageWords, type PageWords } from './page-words.ts'
import type { PostStories } from './post-stories.ts'
import type { ExportRow } from './queries.ts'
import { approvalsOf, mainRevision, useDates, type PostStory, type ToldRevision } from './tell-post.ts'
import type { Rendering } from './write-package.ts'

/** `posts.html`: the posts with their stages on one page that needs no program of ours, no network and no script. */
export class PageRendering implements Rendering {
  readonly #stories: PostStories
  readonly #reading: Reading
  readonly #about: Pick<ExportRow, 'exportId' | 'reason' | 'recipient' | 'requestedByName' | 'requestedAt'>

  constructor(
    stories: PostStories,
    reading: Reading,
    about: Pick<ExportRow, 'exportId' | 'reason' | 'recipient' | 'requestedByName' | 'requestedAt'>,
  ) {
    this.#stories = stories
    this.#reading = reading
    this.#about = about
  }

  take(lines: readonly string[]): Promise<void> {
    this.#stories.note(lines)
    return Promise.resolve()
  }

  async *files(): ReturnType<Rendering['files']> {
    yield { name: 'posts.html', content: this.#page() }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async *#page(): AsyncIterable<Uint8Array> {
    const words = pageWords[this.#reading.language]
    yield Buffer.from(this.#head(words))
    let count = 0
    for await (const story of this.#stories.all()) {
      count += 1
      yield Buffer.from(tellInHtml(story, words, this.#reading))
    }
    yield Buffer.from(`${count === 0 ? `<p>${escapeHtml(words.noPosts)}</p>` : ''}</main></body></html>\n`)
  }

  #head(words: PageWords): string {
    const { exportId, reason, recipient, requestedByName, requestedAt } = this.#about
    const facts: [string, string][] = [
      [words.reason, reason],
      [words.recipient, recipient ?? ''],
      [words.requestedBy, requestedByName],
      [words.requestedAt, formatTime(requestedAt, this.#reading.timeZone)],
    ]
    return `<!doctype html><html lang="${this.#reading.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:"><title>${escapeHtml(`${words.title} · ${exportId}`)}</title>
<style>${style}</style></head><body><main><h1>${escapeHtml(words.title)}</h1><p>${escapeHtml(words.intro)}</p>${factTable(facts)}
`
  }
}

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:0;background:#fff;color:#1a1f26}main{max-width:62rem;margin:0 auto;padding:1.5rem}
article{border-top:2px solid #c9d1da;margin-top:2rem;padding-top:.5rem}table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #e4e8ed}th{font-weight:600;width:16rem}thead th{width:auto}
.text{white-space:pre-wrap;overflow-wrap:anywhere}img{max-width:100%;max-height:24rem}h2{font-size:1.05rem}h3{font-size:1rem;margin:1rem 0 0}@media print{article{break-inside:avoid-page}}`

/** One post: the regulatory fields, its earlier revisions and every stage, all of it escaped. */
export function tellInHtml(story: PostStory, words: PageWords, reading: Reading): string {
  const time = (at: string | null) => formatTime(at, reading.timeZone)
  const revision = mainRevision(story)
  const { firstUse, lastUse, stillUp } = useDates(story)
  const approvals = approvalsOf(story, revision).map((approval) => `${approval.by}, ${time(approval.at)}`)
  const facts: [string, string][] = [
    [words.unit, reading.names.unit(story.unitId)],
    [words.text, revision?.text ?? ''],
    [words.firstUse, firstUse === null ? words.neverUsed : time(firstUse)],
    [
      words.lastUse,
      stillUp ? `${words.stillUp} ${time(reading.until)}` : firstUse === null ? words.neverUsed : time(lastUse),
    ],
    [words.principal, approvals.length === 0 ? words.notApproved : approvals.join('\n')],
    [words.preparedBy, revision === undefined ? '' : `${revision.preparedBy}, ${time(revision.preparedAt)}`],
    [words.sources, (revision?.sources ?? []).join('\n') || words.none],
    [words.communicationClass, revision?.communicationClass ?? ''],
    [words.verdict, revision === undefined ? '' : `${revision.verdict}, ${revision.policyVersion}`],
    [words.links, story.uses.map((use) => `${reading.names.profile(use.profileId)}: ${use.permalink}`).join('\n')],
    [words.exception, words.notUsed],
  ]
  return `<article id="${escapeHtml(story.postId)}"><h2>${escapeHtml(`${words.post} ${story.postId}`)}</h2>${factTable(facts)}${pictures(revision, words)}${earlier(story, words, time)}${stages(story, words, time)}</article>\n`
}

/** The media of a revision beside the page, by digest: pictures are shown, anything else is linked. */
function pictures(revision: ToldRevision | undefined, words: PageWords): string {
  const media = (revision?.media ?? []).filter(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))
  if (media.length === 0) return ''
  const items = media.map(({ sha256, mimeType, altText }) => {
    const [name, alternative] = [mediaKey(sha256), escapeHtml(altText)]
    const shown = mimeType.startsWith('image/') ? `<img src="${name}" alt="${alternative}">` : escapeHtml(mimeType)
    return `<li><a href="${name}">${shown}</a> <span dir="auto">${alternative}</span></li>`
  })
  return `<h3>${escapeHtml(words.media)}</h3><ul>${items.join('')}</ul>`
}

function earlier(story: PostStory, words: PageWords, time: (at: string) => string): string {
  const main = mainRevision(story)
  const others = story.revisions.filter((revision) => revision !== main)
  if (others.length === 0) return ''
  const rows = others.map((revision): [string, string] => [
    `${revision.number} · ${time(revision.preparedAt)}`,
    revision.text,
  ])
  return `<h3>${escapeHtml(words.revisions)}</h3>${factTable(rows)}`
}

function stages(story: PostStory, words: PageWords, time: (at: string) => string): string {
  const head = [words.at, words.what, words.who, words.detail]
    .map((word) => `<th scope="col">${escapeHtml(word)}</th>`)
    .join('')
  const rows = story.stages.map((stage) => {
    const meaning = recordEvents[stage.type as keyof typeof recordEvents] ?? ''
    const cells = [`${time(stage.at)} (#${stage.n})`, `${stage.type}\n${meaning}`, stage.by, stage.note]
    return `<tr>${cells.map((cell) => `<td class="text" dir="auto">${escapeHtml(cell)}</td>`).join('')}</tr>`
  })
  return `<h3>${escapeHtml(words.stages)}</h3><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function factTable(facts: readonly (readonly [string, string])[]): string {
  const rows = facts.map(
    ([name, value]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td class="text" dir="auto">${escapeHtml(value)}</td></tr>`,
  )
  return `<table><tbody>${rows.join('')}</tbody></table>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for HTML; characters that a page may not hold are shown as the replacement character. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/(?![\n\r\t])\p{Cc}/gu, '\u{fffd}').replaceAll(/[&<>"']/g, (character) => entities[character]!)
}
