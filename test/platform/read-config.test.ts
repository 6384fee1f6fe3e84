import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ConfigError, readConfig } from '#server/platform/read-config.ts'

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const secretBoxKey = randomBytes(32).toString('base64')
const complete = {
  GATEWAY_PUBLIC_URL: 'https://gateway.example/',
  GATEWAY_DATABASE_URL: 'postgres://gateway:pw@db.example:5432/gateway',
  GATEWAY_S3_BUCKET: 'archive',
  GATEWAY_S3_ACCESS_KEY_ID: 'id',
  GATEWAY_S3_SECRET_ACCESS_KEY: 'hidden-s3-secret',
  GATEWAY_OIDC_ISSUER: 'https://login.example/realms/bank',
  GATEWAY_OIDC_CLIENT_ID: 'gateway',
  GATEWAY_OIDC_CLIENT_SECRET: 'hidden-client-secret',
  GATEWAY_OIDC_GROUP_ROLES: '{"Compliance": ["reviewer"], "CN=Staff,OU=Paris": ["author@paris"]}',
  GATEWAY_SIGNING_KEY: pem,
  GATEWAY_SECRET_BOX_KEY: secretBoxKey,
  GATEWAY_SESSION_KEY: randomBytes(32).toString('hex'),
}

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.mistakes
  }
  return []
}

async function fileWith(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-config-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'secret'), text)
  return join(folder, 'secret')
}

test('Without any setting everything is embedded', () => {
  assert.equal(readConfig({ HOME: '/root' }).kind, 'embedded')
})

test('A port alone still means the embedded set-up', () => {
  const settings = readConfig({ GATEWAY_PORT: '9000' })
  assert.equal(settings.kind, 'embedded')
  assert.equal(settings.common.port, 9000)
})

test('A complete configuration is read', () => {
  const settings = readConfig(complete)
  assert.equal(settings.kind, 'configured')
  assert.equal(settings.config.publicUrl, 'https://gateway.example')
  assert.equal(settings.config.origin, 'gateway.example/tlog')
  assert.equal(settings.config.session.key.length, 32)
  assert.deepEqual(settings.config.oidc.groupRoles['CN=Staff,OU=Paris'], ['author@paris'])
  assert.equal(settings.secrets.secretBoxKey.toString('base64'), secretBoxKey)
})

test('What is not set has the value that the README names, and nothing is open by itself', () => {
  const settings = readConfig(complete)
  assert.equal(settings.kind, 'configured')
  const { config, common, objectStore } = settings
  const { embedded, host, port, roles, dataDirectory, tlogPublic, allowPrivateAddresses, reviewHours } = config
  assert.deepEqual(
    { embedded, host, port, roles, dataDirectory, tlogPublic, allowPrivateAddresses, reviewHours },
    {
      embedded: false,
      host: '0.0.0.0',
      port: 8080,
      roles: ['serve', 'work'],
      dataDirectory: '/var/lib/gateway',
      tlogPublic: false,
      allowPrivateAddresses: false,
      reviewHours: 8,
    },
  )
  assert.deepEqual([config.session.idleMinutes, config.session.absoluteHours, common.logLevel], [30, 12, 'info'])
  assert.deepEqual([config.scimToken, config.trustedProxies, config.oidc.audience], [undefined, undefined, undefined])
  assert.deepEqual([config.oidc.groupsClaim, config.oidc.scope], ['groups', 'openid profile email groups'])
  assert.deepEqual(config.rateLimits, {
    signInPerMinute: 300,
    sessionWritesPerMinute: 6_000,
    tokenWritesPerMinute: 60_000,
  })
  assert.equal(objectStore.kind === 's3' && objectStore.region, 'us-east-1')
  assert.deepEqual(settings.anchors, { store: undefined, timestamp: undefined, witnesses: [] })
})

test('A flag, a choice and the ends of each range are taken as they are written', () => {
  const clientKey = pem.replaceAll('\n', '\\n')
  const settings = readConfig({
    ...complete,
    GATEWAY_ALLOW_PRIVATE_ADDRESSES: 'true',
    GATEWAY_TLOG_PUBLIC: 'true',
    GATEWAY_ROLES: 'work',
    GATEWAY_PORT: '65535',
    GATEWAY_REVIEW_HOURS: '1',
    GATEWAY_SESSION_IDLE_MINUTES: '1',
    GATEWAY_OIDC_CLOCK_SKEW_SECONDS: '0',
    GATEWAY_OIDC_ACCESS_TOKEN_TYPE: 'at+jwt',
    GATEWAY_OIDC_CLIENT_KEY: clientKey,
    GATEWAY_RATE_SIGN_IN: '0',
    GATEWAY_TRUSTED_PROXIES: '10.0.0.5,10.0.0.0/32,fd00::/128',
  })
  assert.equal(settings.kind, 'configured')
  const { config } = settings
  assert.deepEqual([config.allowPrivateAddresses, config.tlogPublic, config.roles], [true, true, ['work']])
  assert.deepEqual([config.port, config.reviewHours, config.session.idleMinutes], [65_535, 1, 1])
  assert.deepEqual([config.oidc.clockSkewSeconds, config.oidc.accessTokenType], [0, 'at+jwt'])
  assert.deepEqual([config.oidc.clientKey, config.rateLimits?.signInPerMinute], [pem, 0])
  assert.deepEqual(config.trustedProxies, ['10.0.0.5', '10.0.0.0/32', 'fd00::/128'])
  const closed = readConfig({ ...complete, GATEWAY_ALLOW_PRIVATE_ADDRESSES: 'false' })
  assert.equal(closed.common.allowPrivateAddresses, false)
})

test('Every missing part is named at once', () => {
  const mistakes = mistakesOf({ GATEWAY_DATABASE_URL: complete.GATEWAY_DATABASE_URL })
  for (const name of Object.keys(complete).filter((name) => name !== 'GATEWAY_DATABASE_URL'))
    assert.ok(
      mistakes.some((mistake) => mistake.startsWith(name)),
      `${name} is not named in ${mistakes.join(' ')}`,
    )
})

const wrong: readonly [name: string, value: string, expected: RegExp][] = [
  ['GATEWAY_PUBLIC_URL', 'http://gateway.example', /must start with https/],
  ['GATEWAY_PUBLIC_URL', 'gateway', /must be an address/],
  ['GATEWAY_PUBLIC_URL', 'ftp://localhost', /must start with https/],
  ['GATEWAY_ALLOW_PRIVATE_ADDRESSES', 'yes', /must be true or false/],
  ['GATEWAY_OIDC_ACCESS_TOKEN_TYPE', 'JWT', /must be one of any, at\+jwt/],
  ['GATEWAY_OIDC_CLIENT_KEY', 'no key', /must be a private key/],
  ['GATEWAY_SCIM_TOKEN', 'short', /at least 32 characters/],
  ['GATEWAY_SCIM_TOKEN', `${'a'.repeat(20)} ${'b'.repeat(20)}`, /without spaces/],
  ['GATEWAY_OIDC_GROUP_ROLES', 'null', /must be JSON like/],
  ['GATEWAY_OIDC_GROUP_ROLES', '[]', /must be JSON like/],
  ['GATEWAY_OIDC_GROUP_ROLES', '{"staff": [1]}', /must be JSON like/],
  ['GATEWAY_OIDC_GROUP_ROLES', '{"staff"', /must be JSON like/],
  ['GATEWAY_DATABASE_URL', 'mysql://a@b/c', /must start with postgres/],
  ['GATEWAY_DATABASE_URL', 'postgres://db.example/gateway', /must name the role/],
  ['GATEWAY_DATABASE_OWNER_URL', 'postgres://owner@db.example', /must name the database/],
  ['GATEWAY_PORT', '80800', /whole number from 1 to 65535/],
  ['GATEWAY_ROLES', 'serve,play', /one of serve, work/],
  ['GATEWAY_TLOG_PUBLIC', 'yes', /must be true or false/],
  ['GATEWAY_SIGNING_KEY', 'nonsense', /Ed25519 private key/],
  ['GATEWAY_SECRET_BOX_KEY', 'c2hvcnQ=', /32 bytes/],
  ['GATEWAY_OIDC_GROUP_ROLES', 'staff=author', /must be JSON like/],
  ['GATEWAY_OIDC_GROUP_ROLES', '{"Staff": ["autor"]}', /"Staff" the role "autor", which does not exist/],
  ['GATEWAY_TRUSTED_PROXIES', '10.0.0.0/8, proxy', /must be addresses or networks like .* not "proxy"/],
  ['GATEWAY_TRUSTED_PROXIES', '10.0.0.0/33', /not "10\.0\.0\.0\/33"/],
  ['GATEWAY_S3_ENDPOINT', 'ftp://s3.example', /https:\/\/ or http:\/\//],
  ['GATEWAY_ANCHOR_S3_BUCKET', 'copies', /needs GATEWAY_ANCHOR_S3_ACCESS_KEY_ID/],
  ['GATEWAY_ANCHOR_TSA_URL', 'https://tsa.example', /needs GATEWAY_ANCHOR_TSA_CERTIFICATES/],
  ['GATEWAY_ANCHOR_TSA_CERTIFICATES', 'nonsense', /must be certificates in PEM/],
  ['GATEWAY_ANCHOR_WITNESSES', 'https://witness.example', /must be "<verifier key> <address>"/],
  ['GATEWAY_ANCHOR_WITNESSES', 'w+00000000+AAAA https://witness.example', /names a key that is none/],
]
for (const [name, value, expected] of wrong) {
  test(`${name}=${value} is refused with what it must be`, () => {
    const mistakes = mistakesOf({ ...complete, [name]: value })
    assert.equal(mistakes.length, 1, mistakes.join('\n'))
    assert.match(mistakes[0]!, new RegExp(`^${name} `))
    assert.match(mistakes[0]!, expected)
  })
}

test('Anchors are off unless they are set, and are read whole', () => {
  const without = readConfig(complete)
  assert.ok(without.kind === 'configured')
  assert.deepEqual(without.anchors, { store: undefined, timestamp: undefined, witnesses: [] })
  const witness = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2'
  const settings = readConfig({
    ...complete,
    GATEWAY_ANCHOR_S3_BUCKET: 'copies',
    GATEWAY_ANCHOR_S3_ACCESS_KEY_ID: 'k',
    GATEWAY_ANCHOR_S3_SECRET_ACCESS_KEY: 's',
    GATEWAY_ANCHOR_WITNESSES: `${witness} https://witness.example/w, ${witness} http://10.0.0.7`,
  })
  assert.ok(settings.kind === 'configured')
  assert.equal(settings.anchors.store?.bucket, 'copies')
  assert.deepEqual(settings.anchors.witnesses, [
    { verifierKey: witness, url: 'https://witness.example/w' },
    { verifierKey: witness, url: 'http://10.0.0.7' },
  ])
})

test('A name with a typing slip is refused with the near name', () => {
  assert.deepEqual(mistakesOf({ ...complete, GATEWAY_S3_BUKET: 'x' }), [
    'GATEWAY_S3_BUKET is not a setting of the gateway (did you mean GATEWAY_S3_BUCKET?).',
  ])
})

test('A secret may come from a file', async (t) => {
  const { GATEWAY_SIGNING_KEY: _pem, ...rest } = complete
  const settings = readConfig({ ...rest, GATEWAY_SIGNING_KEY_FILE: await fileWith(t, pem) })
  assert.equal(settings.kind === 'configured' && settings.secrets.signingKey, pem.trim())
})

test('A file that cannot be read is one mistake that names the file', () => {
  const { GATEWAY_SIGNING_KEY: _pem, ...rest } = complete
  assert.deepEqual(mistakesOf({ ...rest, GATEWAY_SIGNING_KEY_FILE: '/nowhere/key' }), [
    'GATEWAY_SIGNING_KEY_FILE cannot be read: ENOENT at /nowhere/key.',
  ])
})

test('A file that holds nothing is one mistake that names the file', async (t) => {
  const file = await fileWith(t, '\n')
  const { GATEWAY_SESSION_KEY: _key, ...rest } = complete
  assert.deepEqual(mistakesOf({ ...rest, GATEWAY_SESSION_KEY_FILE: file }), [
    `GATEWAY_SESSION_KEY_FILE names a file that is empty: ${file}.`,
  ])
})

const misread: readonly [name: keyof typeof complete, value: string, advice: RegExp][] = [
  ['GATEWAY_PUBLIC_URL', 'https://bank.example/gateway', /without a path, like https:\/\/bank\.example: give/],
  ['GATEWAY_PUBLIC_URL', 'https://gateway.example/?a=b', /without a path/],
  ['GATEWAY_PUBLIC_URL', 'gateway.example', /must be an address/],
  [
    'GATEWAY_OIDC_ISSUER',
    'https://login.example/r/.well-known/openid-configuration',
    /itself: https:\/\/login\.example\/r\.$/,
  ],
]
for (const [name, value, advice] of misread)
  test(`${name} cannot be ${value}, and the sentence says what it can be`, () => {
    const mistakes = mistakesOf({ ...complete, [name]: value })
    assert.equal(mistakes.length, 1)
    assert.match(mistakes[0]!, advice)
  })

test('A value given both plainly and as a file is refused', async (t) => {
  const mistakes = mistakesOf({ ...complete, GATEWAY_S3_BUCKET_FILE: await fileWith(t, 'other') })
  assert.deepEqual(mistakes, ['GATEWAY_S3_BUCKET is given twice, also as GATEWAY_S3_BUCKET_FILE; keep one.'])
})

test('No message repeats a secret', () => {
  const broken = Object.fromEntries(Object.entries(complete).map(([name]) => [name, 'hidden-value']))
  const secretNames = /SIGNING_KEY|SECRET|SESSION_KEY|DATABASE_URL/
  for (const mistake of mistakesOf(broken)) if (secretNames.test(mistake)) assert.doesNotMatch(mistake, /hidden-value/)
})

test('The embedded set-up refuses to listen beyond loopback', () => {
  assert.match(mistakesOf({ GATEWAY_HOST: '0.0.0.0' }).join(), /listens on loopback alone/)
})
