import { createServer, type Server } from 'node:net'

export interface HeldPort {
  readonly port: number
  /** Gives the port back, for whoever listens on it in earnest. */
  readonly release: () => Promise<void>
}

/** Listens on the wanted port of loopback, else on the next free one, so that nobody else takes it meanwhile. */
export async function holdPort(wanted: number): Promise<HeldPort> {
  const candidates = wanted > 0 ? Array.from({ length: 20 }, (_, step) => wanted + step) : []
  for (const port of candidates) {
    const server = await listen(port).catch(() => undefined)
    if (server !== undefined) return held(server)
  }
  return held(await listen(0))
}

/** A free port on loopback: the wanted one, else the next few, else any. */
export async function freePort(wanted = 0): Promise<number> {
  const { port, release } = await holdPort(wanted)
  await release()
  return port
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server))
  })
}

function held(server: Server): HeldPort {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) }
}
