import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from './app-error.ts'
import type { Config } from './config.ts'
import { sendProblem } from './problem-documents.ts'
import { setSecurityHeaders } from './security-headers.ts'

/**
 * Answers an address that leads to no route because it cannot be read at all. No hook has run: what every answer carries
 * is put on it here.
 */
export function answerUnreadableUrl(config: Pick<Config, 'publicUrl'>) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const sentence =
      'The address is not well formed: a % in it is not followed by an encoded character. Check the link.'
    setSecurityHeaders(request, reply, config)
    sendProblem(request, reply, new AppError('invalid_request', sentence, { cause: error }))
  }
}

interface Broken {
  readonly status: number
  readonly reason: string
  readonly sentence: string
}

const noRequest: Broken = { status: 400, reason: 'Bad Request', sentence: 'This is not an HTTP request.' }
const broken: Readonly<Record<string, Broken>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    sentence: 'The request did not arrive whole in time. Send it again.',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    sentence:
      'The address or the headers of the request are too large. Shorten what is asked, or clear the cookies of this site.',
  },
}

/** Answers what is no HTTP request, on the bare connection, and ends it. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { status, reason, sentence } = broken[error.code ?? ''] ?? noRequest
  const body = JSON.stringify({
    type: 'urn:containment:invalid_request',
    title: 'Invalid request',
    status,
    code: 'invalid_request',
    detail: sentence,
    instance: `urn:request:${randomUUID()}`,
  })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
