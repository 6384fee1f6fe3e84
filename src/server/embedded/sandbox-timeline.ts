import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '#server/platform/app-type.ts'
import { readLanguage } from '#server/platform/read-language.ts'
import { readRange } from '#server/platform/read-range.ts'
import { SandboxStore, type SandboxPost } from '#server/publishing/sandbox-store.ts'
import type { Language } from '#shared/api/common.ts'
import { sandboxPage } from './sandbox-page.ts'
import { sandboxScript, sandboxStyle } from './sandbox-style.ts'
import { sandboxWords } from './sandbox-words.ts'

const pageSize = 30
const shownTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'video/mp4']
const publicRoute = { config: { permission: 'public' } } as const
const contentPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

interface Query {
  readonly lang?: string
  readonly before?: string
}

/** The sandbox network's public pages, for the evaluation set-up only: a timeline, accounts, posts and a JSON feed. */
export function registerSandboxTimeline(app: App, options: { directory: string; publicUrl: string }): void {
  const store = new SandboxStore(options.directory)
  const origin = options.publicUrl.replace(/\/$/, '')

  app.get<{ Querystring: Query }>('/sandbox', publicRoute, async (request, reply) => {
    const language = languageOf(request)
    const words = sandboxWords[language]
    const page = cut(await store.list(), request.query.before)
    const live = request.query.before === undefined
    return sendPage(
      reply,
      sandboxPage({ language, path: '/sandbox', heading: words.latest, empty: words.empty, live, ...page }),
    )
  })

  app.get<{ Params: { handle: string }; Querystring: Query }>(
    '/sandbox/@:handle',
    publicRoute,
    async (request, reply) => {
      const language = languageOf(request)
      const words = sandboxWords[language]
      const { handle } = request.params
      const page = cut(
        (await store.list()).filter((post) => post.handle === handle),
        request.query.before,
      )
      const path = `/sandbox/@${encodeURIComponent(handle)}`
      const live = request.query.before === undefined
      return sendPage(
        reply,
        sandboxPage({ language, path, heading: words.postsOf(handle), empty: words.emptyAccount, live, ...page }),
      )
    },
  )

  app.get<{ Params: { id: string }; Querystring: Query }>('/sandbox/posts/:id', publicRoute, async (request, reply) => {
    const language = languageOf(request)
    const words = sandboxWords[language]
    const post = await store.find(request.params.id)
    const path = `/sandbox/posts/${encodeURIComponent(request.params.id)}`
    const heading = post === undefined ? words.missing : words.post(post.handle)
    if (post === undefined) void reply.code(404)
    const posts = post === undefined ? [] : [post]
    return sendPage(reply, sandboxPage({ language, path, heading, empty: words.missingLead, posts, live: false }))
  })

  app.get('/sandbox/feed.json', publicRoute, async (_request, reply) => {
    const { posts } = cut(await store.list(), undefined)
    return reply.type('application/feed+json; charset=utf-8').send(JSON.stringify(toFeed(posts, origin)))
  })

  app.get<{ Params: { id: string; index: string } }>(
    '/sandbox/media/:id/:index',
    publicRoute,
    async (request, reply) => {
      const item = (await store.find(request.params.id))?.media[Number(request.params.index)]
      const bytes = item === undefined ? undefined : await store.readMedia(item.sha256)
      if (item === undefined || bytes === undefined) return reply.code(404).type('text/plain').send('')
      return sendMedia(reply, item.mimeType, bytes, request.headers.range)
    },
  )

  app.get('/sandbox/style.css', publicRoute, (_request, reply) => sendAsset(reply, 'text/css', sandboxStyle))
  app.get('/sandbox/timeline.js', publicRoute, (_request, reply) => sendAsset(reply, 'text/javascript', sandboxScript))
}

/** A file that somebody uploaded: shown where browsers show it safely, else offered to be saved. */
function sendMedia(reply: FastifyReply, mimeType: string, bytes: Uint8Array, asked: string | undefined): FastifyReply {
  const shown = shownTypes.includes(mimeType)
  if (!shown) void reply.header('content-disposition', 'attachment')
  void reply
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('accept-ranges', 'bytes')
    .type(shown ? mimeType : 'application/octet-stream')
  const range = readRange(asked, bytes.length)
  if (range === undefined || range.start > range.end) return reply.send(bytes)
  const part = bytes.subarray(range.start, range.end + 1)
  return reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${bytes.length}`).send(part)
}

function languageOf(request: FastifyRequest<{ Querystring: Query }>): Language {
  const asked = request.query.lang
  return asked === 'fr' || asked === 'en' ? asked : readLanguage(request)
}

/** One page of posts, newest first, below the post named `before`. */
function cut(
  posts: readonly SandboxPost[],
  before: string | undefined,
): { posts: readonly SandboxPost[]; older: string | undefined } {
  const start = before === undefined ? 0 : posts.findIndex((post) => post.id === before) + 1
  const page = posts.slice(start, start + pageSize)
  return { posts: page, older: start + pageSize < posts.length ? page.at(-1)?.id : undefined }
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  void reply
    .header('content-security-policy', contentPolicy)
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
  return reply.header('vary', 'accept-language').type('text/html; charset=utf-8').send(html)
}

function sendAsset(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.header('cache-control', 'public, max-age=300').type(`${type}; charset=utf-8`).send(text)
}

/** JSON Feed 1.1. */
function toFeed(posts: readonly SandboxPost[], origin: string) {
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: 'Sandbox',
    home_page_url: `${origin}/sandbox`,
    feed_url: `${origin}/sandbox/feed.json`,
    items: posts.map((post) => ({
      id: post.id,
      url: `${origin}/sandbox/posts/${post.id}`,
      content_text: [post.text, ...(post.thread ?? [])].join('\n\n'),
      date_published: post.publishedAt,
      language: post.language,
      authors: [
        { name: post.displayName ?? post.handle, url: `${origin}/sandbox/@${encodeURIComponent(post.handle)}` },
      ],
    })),
  }
}
