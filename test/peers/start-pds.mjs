// Starts a real Bluesky PDS with its own directory of identities (PLC) on loopback, makes one account, and prints one
// line of JSON. Ends with its standard input, so that it never outlives the test that started it.
// Usage: node start-pds.mjs '{"directory": "…", "port": 0}'
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'

process.env.LOG_ENABLED = 'false'
const { PDS } = await import('@atproto/pds')
const { Database, PlcServer } = await import('@did-plc/server')

const wish = JSON.parse(process.argv[2] ?? '{}')
process.stdin.on('end', () => process.exit(0)).resume()

const blobs = join(wish.directory, 'blobs')
await mkdir(blobs, { recursive: true })
const plcPort = await freePort()
await PlcServer.create({ db: Database.mock(), port: plcPort }).start()

const port = wish.port || (await freePort())
const pds = await PDS.fromEnv({
  devMode: true,
  hostname: 'localhost',
  port,
  dataDirectory: wish.directory,
  blobstoreDiskLocation: blobs,
  blobstoreDiskTmpLocation: join(wish.directory, 'blobs-coming'),
  didPlcUrl: `http://127.0.0.1:${plcPort}`,
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  disableSsrfProtection: true,
  rateLimitsEnabled: wish.rateLimits === true,
  jwtSecret: 'a'.repeat(32),
  adminPassword: randomBytes(16).toString('hex'),
  dpopSecret: 'c'.repeat(64),
  plcRotationKeyK256PrivateKeyHex: 'd'.repeat(64),
})
await pds.start()

const url = `http://127.0.0.1:${port}`
process.stdout.write(`${JSON.stringify({ url, port, ...(await makeAccount(wish.account)) })}\n`)
// It ends by a signal, and would leave nothing of what it compiled to the next one.
flushCompileCache()

/** A new account and an app password of it; a given account is only echoed (a restart on the same folder). */
async function makeAccount(known) {
  if (known !== undefined) return known
  const handle = `bank-${randomBytes(4).toString('hex')}.test`
  const password = randomBytes(16).toString('hex')
  const { did, accessJwt } = await call('com.atproto.server.createAccount', {
    handle,
    password,
    email: `${handle}@example.com`,
  })
  const app = await call('com.atproto.server.createAppPassword', { name: 'gateway' }, accessJwt)
  return { did, handle, password, appPassword: app.password }
}

async function call(method, body, token) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(`${url}/xrpc/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method}: ${answer.status} ${text}`)
  return JSON.parse(text)
}

async function freePort() {
  const server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}
