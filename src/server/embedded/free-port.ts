import { createServer } from 'node:net'

/** A free port on loopback: the wanted one, else the next few, else any. */
export async function freePort(wanted = 0, host = '127.0.0.1'): Promise<number> {
  const candidates = wanted > 0 ? Array.from({ length: 20 }, (_, step) => wanted + step) : []
  for (const port of candidates) if (await isFree(port, host)) return port
  return listenOnce(0, host)
}

async function isFree(port: number, host: string): Promise<boolean> {
  try {
    await listenOnce(port, host)
    return true
  } catch {
    return false
  }
}

function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}
