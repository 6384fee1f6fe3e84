import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy that can break a connection at a chosen moment of one request. */
export interface CuttingProxy {
  readonly url: string
  /**
   * Arms one cut: at the next connection whose request contains `marker`, runs `act` either once the request was
   * passed on (`request`) or once the first byte of its answer came (`answer`), which is then not passed on, and breaks
   * the connection.
   */
  cut(marker: string, moment: 'request' | 'answer', act: () => Promise<void> | void): void
  close(): void
}

export async function startCuttingProxy(port: number): Promise<CuttingProxy> {
  let armed: { marker: string; moment: 'request' | 'answer'; act: () => Promise<void> | void } | undefined
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    let doomed: typeof armed
    const finish = async () => {
      await doomed?.act()
      client.resetAndDestroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(
        socket
          .on('error', () => client.destroy())
          .on('close', () => (sockets.delete(socket), client.destroy(), upstream.destroy())),
      )
    }
    client.on('data', (chunk) => {
      if (armed !== undefined && chunk.includes(armed.marker)) {
        doomed = armed
        armed = undefined
      }
      upstream.write(chunk, () => {
        if (doomed?.moment === 'request') void finish()
      })
    })
    upstream.on('data', (chunk) => {
      if (doomed?.moment === 'answer') void finish()
      else if (doomed === undefined) client.write(chunk)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: (marker, moment, act) => void (armed = { marker, moment, act }),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
