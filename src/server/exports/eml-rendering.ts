import type { PostStories } from './post-stories.ts'
import { approvalsOf, mainRevision, useDates, type PostStory } from './tell-post.ts'
import type { Rendering } from './write-package.ts'

/** `eml/<post>.eml`: one message a post (RFC 5322), for archives that take in mail. */
export class EmlRendering implements Rendering {
  readonly #stories: PostStories
  readonly #origin: string

  constructor(stories: PostStories, origin: string) {
    this.#stories = stories
    this.#origin = origin
  }

  take(lines: readonly string[]): Promise<void> {
    this.#stories.note(lines)
    return Promise.resolve()
  }

  async *files(): ReturnType<Rendering['files']> {
    for await (const story of this.#stories.all()) {
      const message = formatMessage(story, this.#origin)
      if (message !== undefined) yield { name: `eml/${story.postId}.eml`, content: once(message) }
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text)
}

/** A post as a message; undefined when no revision of it is known. Everything that a person typed is encoded. */
export function formatMessage(story: PostStory, origin: string): string | undefined {
  const revision = mainRevision(story)
  if (revision === undefined) return undefined
  const domain = origin.split('/')[0] ?? origin
  const { firstUse, lastUse } = useDates(story)
  const approvals = approvalsOf(story, revision)
  const headers: [string, string][] = [
    ['Message-ID', `<${story.postId}@${domain}>`],
    ['Date', new Date(firstUse ?? revision.preparedAt).toUTCString().replace('GMT', '+0000')],
    ['From', `${encodeWord(revision.preparedBy)} <author@${domain}>`],
    [
      'To',
      story.uses.length === 0
        ? 'undisclosed-recipients:;'
        : [...new Set(story.uses.map((use) => use.network))]
            .map((network) => `${network.slice(0, 60).replaceAll(/[^a-z0-9-]/gi, '-')}@${domain}`)
            .join(`,${fold}`),
    ],
    ['Subject', encodeWord(revision.text.split('\n')[0]!.slice(0, 120))],
    ['X-Gateway-Post', story.postId],
    ['X-Gateway-Content-Hash', revision.contentHash],
    ['X-Gateway-First-Use', firstUse ?? ''],
    ['X-Gateway-Last-Use', lastUse ?? ''],
    ['X-Gateway-Approved', approvals.map((approval) => `${encodeWord(approval.by)} ${approval.at}`).join(`;${fold}`)],
    ['X-Gateway-Permalink', story.uses.map((use) => encodeWord(use.permalink)).join(fold)],
    ['MIME-Version', '1.0'],
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Transfer-Encoding', 'base64'],
  ]
  const body = Buffer.from(revision.text.replaceAll('\n', '\r\n')).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  return `${headers
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}\r\n`
}

/** A line break inside a header, which readers take for a space (RFC 5322 section 2.2.3). */
const fold = '\r\n '
const longestPlain = 200

/** Printable ASCII of moderate length as it is; everything else, line breaks included, as encoded words (RFC 2047), each at most 75 long. */
function encodeWord(text: string): string {
  if (text.length <= longestPlain && /^[\x20-\x7e]*$/.test(text) && !/[<>@,;:"\\()[\]]|=\?/.test(text)) return text
  const words: string[] = []
  let part = ''
  for (const character of text) {
    if (Buffer.byteLength(part + character) > 42) {
      words.push(part)
      part = ''
    }
    part += character
  }
  return [...words, part].map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join(fold)
}
