import type { IncomingMessage } from 'node:http'

const most = 128 * 1024 * 1024

/**
 * Lets go by what a sender still sends of a request that is refused already. Most read only when all is written: an answer
 * with the connection closed under it would reach them as a reset. Ends at the end, at 128 MiB, or when the sender is gone;
 * the server's time for one request bounds it too.
 */
export async function readRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.readableEnded || request.destroyed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  let bytes = 0
  const count = (chunk: Uint8Array) => {
    bytes += chunk.length
    if (bytes > most) resolve()
  }
  request.on('data', count).once('end', resolve).once('close', resolve).once('error', resolve)
  request.unpipe().resume()
  await promise
  request.off('data', count)
}
