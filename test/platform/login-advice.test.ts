import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startPostgres } from '#server/embedded/start-postgres.ts'
import { asLogin, MigrationError } from '#server/platform/migrate.ts'

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-login-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

/** A key and the certificate that it signed for itself, for the name `db.example`. */
function selfSigned(folder: string): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=db.example'.split(' ')
  const names = ['-addext', 'subjectAltName=DNS:db.example,IP:127.0.0.1']
  execFileSync('openssl', [...words, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  return { key, certificate }
}

const speak = (url: string) => asLogin('GATEWAY_DATABASE_URL', url, (client) => client.query('select 1'))
const isAdvice = (words: RegExp) => (error: unknown) => error instanceof MigrationError && words.test(error.message)

test('A database without TLS, and one whose certificate nobody knows, are told with the setting that cures it', async (t) => {
  const folder = await newFolder(t)
  const { key, certificate } = selfSigned(folder)
  const directory = join(folder, 'data')
  const plain = await startPostgres({ directory, password: 'owner' })
  const url = (server: typeof plain, more: string) => `${server.url('postgres')}?${more}`
  await assert.rejects(
    speak(url(plain, 'sslmode=verify-full')),
    isAdvice(/speaks no TLS.*take sslmode out of GATEWAY_DATABASE_URL/),
  )
  await assert.rejects(
    speak(url(plain, 'sslmode=verify-full&sslrootcert=/nowhere.pem')),
    isAdvice(/A file that GATEWAY_DATABASE_URL names cannot be read: .*\/nowhere\.pem/),
  )
  await plain.stop()

  // Postgres takes a key of its own account alone.
  const { uid, gid } = await stat(join(directory, 'cluster'))
  await chown(key, uid, gid)
  await chmod(key, 0o600)
  await chmod(folder, 0o711)
  await chmod(certificate, 0o644)
  const settings = { ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key }
  const secure = await startPostgres({ directory, password: 'owner', settings })
  t.after(() => secure.stop())
  await assert.rejects(speak(url(secure, 'sslmode=verify-full')), isAdvice(/certificate is not accepted.*sslrootcert=/))
  await speak(url(secure, `sslmode=verify-full&sslrootcert=${certificate}`))
})
