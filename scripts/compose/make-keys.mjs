import { chownSync, existsSync, writeFileSync } from 'node:fs'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'

// Makes the gateway's keys once: files that only the gateway's account reads. `node make-keys.mjs FOLDER ACCOUNT`
const [folder, account] = [process.argv[2], Number(process.argv[3])]

const keys = {
  'signing.pem': () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
  'secret-box.key': () => randomBytes(32).toString('base64'),
  'session.key': () => randomBytes(32).toString('base64'),
}

for (const [name, make] of Object.entries(keys)) {
  const path = join(folder, name)
  if (existsSync(path)) continue
  writeFileSync(path, make(), { mode: 0o600, flag: 'wx' })
  chownSync(path, account, account)
}
