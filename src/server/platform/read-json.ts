import { isUtf8 } from 'node:buffer'
import type { FastifyRequest } from 'fastify'
import { AppError } from './app-error.ts'
import type { App } from './app-type.ts'
import { findRepeatedName } from './find-repeated-name.ts'

/** Takes JSON bodies exactly as they are meant, or refuses them: what is sent is what is judged, kept and published. */
export function registerJson(app: App): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, openJsonParser(app, 'error'))
}

type Done = (error: Error | null, body?: unknown) => void

/**
 * Reads a body as JSON in UTF-8. Bytes that are no characters would be replaced in silence, so they are refused; so is a
 * compressed body. `ignore` leaves out keys that every object inherits, for protocols that look at them by themselves.
 */
export function openJsonParser(app: App, inheritedKeys: 'error' | 'ignore') {
  const parse = app.getDefaultJsonParser('error', inheritedKeys)
  return (request: FastifyRequest, body: Buffer, done: Done): void => {
    const coding = request.headers['content-encoding'] ?? 'identity'
    if (coding !== 'identity')
      return done(new AppError('unsupported_media', 'Send the body as it is, without Content-Encoding.'))
    if (!isUtf8(body))
      return done(
        new AppError('invalid_request', 'The body is not text in UTF-8. Encode it as UTF-8 and send it again.'),
      )
    const text = body.toString('utf8')
    void parse(request, text, (cause, value) => {
      if (cause !== null)
        return done(
          new AppError('invalid_request', 'The body is not valid JSON. Check it and send it again.', { cause }),
        )
      const repeated = findRepeatedName(text)
      return repeated === undefined ? done(null, value) : done(saidTwice(repeated))
    })
  }
}

function saidTwice(name: string): AppError {
  const sentence = `The body says “${name.slice(0, 100)}” twice in one object, so that it has two meanings. Say it once.`
  return new AppError('invalid_request', sentence)
}
