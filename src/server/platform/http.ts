import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { request as requestPlain, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { addressKind } from './address-rules.ts'

/**
 * One outgoing request. Defaults: 20 s for the whole exchange and a second more for each 100 kB of the body, 5 MB of
 * answer, no redirect followed.
 */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string | undefined
  readonly timeoutMs?: number
  readonly maxBytes?: number
  /** How many redirects a GET may follow; other methods never follow one. */
  readonly redirects?: number
}

/** An answer as it arrived: names of `headers` in lower case, `rawHeaders` as name, value, name, value …. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly rawHeaders: readonly string[]
  readonly bytes: Uint8Array
}

export type HttpFailure = 'bad_url' | 'refused_address' | 'unreachable' | 'timed_out' | 'too_large' | 'cut_off'

/** No usable answer. `mayHaveArrived` is false only when not one byte of the request can have left. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly failure: HttpFailure
  readonly mayHaveArrived: boolean

  constructor(failure: HttpFailure, message: string, options: { mayHaveArrived: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.failure = failure
    this.mayHaveArrived = options.mayHaveArrived
  }
}

/** Sends one request and reads the whole answer. Any status is an answer; throws `HttpError` when there is none. */
export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>

interface HttpOptions {
  /** Lets requests reach loopback and private networks, and plain `http:`. Link-local stays closed. */
  readonly allowPrivateAddresses: boolean
  /** Resolves names; the system's resolver unless a test brings its own. */
  readonly lookup?: ResolveAll
}
export type ResolveAll = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void

const resolveWithSystem: ResolveAll = (host, done) => systemLookup(host, { all: true, verbatim: true }, done)

/**
 * The gateway's only outgoing HTTP client. Each connection is new, and the address that the name resolved to is judged
 * where the socket takes it, so that a name which changes its mind between a check and the connection gains nothing.
 */
export function createHttpClient(options: HttpOptions): HttpClient {
  const guard = guardLookup(options)
  return async function send(request) {
    let url = parseUrl(request.url, options)
    let headers = { ...request.headers }
    for (let left = request.method === 'GET' ? (request.redirects ?? 0) : 0; ; left--) {
      const answer = await exchange(request, url, headers, guard)
      const location = answer.headers['location']
      if (left <= 0 || location === undefined || ![301, 302, 303, 307, 308].includes(answer.status)) return answer
      const next = parseUrl(location, options, url)
      if (next.origin !== url.origin) headers = withoutSecrets(headers)
      url = next
    }
  }
}

function parseUrl(text: string, options: HttpOptions, base?: URL): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined
  if (url === undefined) throw refuse('bad_url', 'This is not a web address.')
  const schemes = options.allowPrivateAddresses ? ['https:', 'http:'] : ['https:']
  if (!schemes.includes(url.protocol)) throw refuse('bad_url', 'Only https addresses are called.')
  if (url.username !== '' || url.password !== '') throw refuse('bad_url', 'A web address may not carry a password.')
  // A literal address is connected to without any look-up, so it is judged here.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !mayReach(host, options)) throw refuse('refused_address', 'This address may not be called.')
  return url
}

function refuse(failure: HttpFailure, message: string): HttpError {
  return new HttpError(failure, message, { mayHaveArrived: false })
}

function mayReach(address: string, options: HttpOptions): boolean {
  const kind = addressKind(address)
  return kind === 'public' || (kind === 'private' && options.allowPrivateAddresses)
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  const secret = ['authorization', 'cookie', 'dpop', 'proxy-authorization']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.includes(name.toLowerCase())))
}

/** Name resolution for the socket itself: only addresses that may be reached come out. */
function guardLookup(options: HttpOptions): LookupFunction {
  const resolveAll = options.lookup ?? resolveWithSystem
  return (host, wanted, done) => {
    resolveAll(host, (error, addresses) => {
      if (error !== null) return done(error, '')
      const allowed = addresses.filter(({ address }) => mayReach(address, options))
      const first = allowed[0]
      if (first === undefined)
        return done(refuse('refused_address', 'This name leads to an address that may not be called.'), '')
      return wanted.all === true ? done(null, allowed) : done(null, first.address, first.family)
    })
  }
}

const usualMilliseconds = 20_000
/** Bytes a millisecond at which a large body may leave. */
const slowestLink = 100

/** What is known of an exchange while it runs. */
interface Exchange {
  sent: boolean
  failure: HttpFailure | undefined
}

function exchange(
  request: HttpRequest,
  url: URL,
  headers: Readonly<Record<string, string>>,
  lookup: LookupFunction,
): Promise<HttpAnswer> {
  const state: Exchange = { sent: false, failure: undefined }
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body
  const length =
    body === undefined && request.method === 'GET' ? {} : { 'content-length': String(body?.byteLength ?? 0) }
  const options: RequestOptions = {
    method: request.method,
    headers: { 'accept-encoding': 'identity', ...headers, ...length },
    lookup,
    // A kept connection may be dead when it is used again, which would look like a request that may have arrived.
    agent: false,
  }
  return new Promise<HttpAnswer>((resolve, reject) => {
    const fail = (cause: unknown) => reject(toHttpError(state, cause))
    const call = url.protocol === 'https:' ? requestSecure(url, options) : requestPlain(url, options)
    const patience = request.timeoutMs ?? usualMilliseconds + (body?.byteLength ?? 0) / slowestLink
    const timer = setTimeout(() => abort(call, state, 'timed_out'), patience)
    call.on('close', () => clearTimeout(timer))
    call.on('error', fail)
    call.on('socket', (socket) => {
      // Node writes the request as soon as the connection (for https: its encryption) stands.
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (state.sent = true))
    })
    call.on('response', (message) => {
      readAll(call, message, state, request.maxBytes ?? 5_000_000).then(
        (bytes) => resolve(toAnswer(message, bytes)),
        fail,
      )
    })
    call.end(body)
  })
}

function abort(call: ClientRequest, state: Exchange, failure: HttpFailure): void {
  state.failure = failure
  call.destroy(new Error(failure))
}

async function readAll(
  call: ClientRequest,
  message: IncomingMessage,
  state: Exchange,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) abort(call, state, 'too_large')
    else chunks.push(chunk)
  }
  if (state.failure !== undefined) throw new Error(state.failure)
  if (!message.complete) throw new Error('the answer broke off')
  return Buffer.concat(chunks)
}

function toAnswer(message: IncomingMessage, bytes: Uint8Array): HttpAnswer {
  const headers = Object.entries(message.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return {
    status: message.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    rawHeaders: message.rawHeaders,
    bytes,
  }
}

const sentences: Record<HttpFailure, string> = {
  bad_url: 'The web address cannot be called.',
  refused_address: 'The address may not be called.',
  unreachable: 'The server could not be reached.',
  timed_out: 'The server did not answer in time.',
  too_large: 'The answer was larger than allowed.',
  cut_off: 'The connection broke before the answer was complete.',
}

function toHttpError(state: Exchange, cause: unknown): HttpError {
  if (cause instanceof HttpError) return cause
  const failure = state.failure ?? (state.sent ? 'cut_off' : 'unreachable')
  return new HttpError(failure, sentences[failure], { mayHaveArrived: state.sent, cause })
}

const redacted = ['authorization', 'cookie', 'set-cookie', 'dpop']

/** The request as an HTTP/1.1 message for the archive; headers that carry a secret are blanked, the body is exact. */
export function requestMessage(request: HttpRequest): Uint8Array {
  const url = new URL(request.url)
  const headers = [['host', url.host], ...Object.entries(request.headers ?? {})].map(
    ([name = '', value = '']) => [name, value] as const,
  )
  return message(`${request.method} ${url.pathname}${url.search} HTTP/1.1`, headers, request.body ?? '')
}

/** The answer as an HTTP/1.1 message for the archive; cookies are blanked, the body is exact. */
export function answerMessage(answer: HttpAnswer): Uint8Array {
  const headers: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2)
    headers.push([answer.rawHeaders[at]!, answer.rawHeaders[at + 1]!])
  return message(`HTTP/1.1 ${answer.status}`, headers, answer.bytes)
}

function message(
  start: string,
  headers: readonly (readonly [string, string])[],
  body: Uint8Array | string,
): Uint8Array {
  const lines = headers.map(
    ([name, value]) => `${name}: ${redacted.includes(name.toLowerCase()) ? '[redacted]' : value}`,
  )
  return Buffer.concat([Buffer.from([start, ...lines, '', ''].join('\r\n')), Buffer.from(body as Uint8Array)])
}
