import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Why a test with an authority cannot run on this machine; false where it can. */
export const noAuthority =
  spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl on this machine: timestamps NOT tested'

export interface TestAuthority {
  readonly url: string
  /** Certificates that its tokens lead to (PEM). */
  readonly certificates: string
  readonly folder: string
  readonly asked: () => number
  setAway(away: boolean): void
  /** Runs `openssl` in the authority's folder. */
  openssl(command: string): Promise<string>
}

const configuration = `[req]
distinguished_name = dn
prompt = no
[dn]
CN = Timestamps for tests, root
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, serverAuth
[tsa]
default_tsa = authority
[authority]
serial = ./serial
signer_cert = ./signer.pem
signer_key = ./signer.key
certs = ./root.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`

/** A real timestamping authority (RFC 3161): `openssl ts` behind HTTP, with a root of its own. */
export async function startTimestampAuthority(t: TestContext): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'tsa-'))
  const openssl = async (command: string) => (await run('openssl', command.split(' '), { cwd: folder })).stdout
  await writeFile(join(folder, 'tsa.cnf'), configuration)
  await writeFile(join(folder, 'serial'), '01')
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config tsa.cnf'
  await openssl(`req -x509 ${key} -keyout root.key -out root.pem -days 3650 -extensions root`)
  await openssl(`req ${key} -keyout signer.key -out signer.csr -subj /CN=Timestamps`)
  const issue = 'x509 -req -in signer.csr -CA root.pem -CAkey root.key -set_serial 7 -out signer.pem -days 3650'
  await openssl(`${issue} -extfile tsa.cnf -extensions signer`)
  let asked = 0
  let isAway = false
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    asked += 1
    const query = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    if (isAway || request.headers['content-type'] !== 'application/timestamp-query')
      return void response.writeHead(503).end()
    await writeFile(join(folder, `${asked}.tsq`), query)
    await openssl(`ts -reply -config tsa.cnf -queryfile ${asked}.tsq -out ${asked}.tsr`)
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' })
    response.end(await readFile(join(folder, `${asked}.tsr`)))
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  server.unref() // where a test's earlier hook fails, its file ends all the same
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true, force: true })
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`,
    certificates: await readFile(join(folder, 'root.pem'), 'utf8'),
    folder,
    asked: () => asked,
    setAway: (away) => void (isAway = away),
    openssl,
  }
}
