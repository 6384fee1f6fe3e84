import type { AnchorSettings, Config, LogLevel, ObjectStoreSettings, Secrets } from './config.ts'
import { logLevels } from './config.ts'
import {
  isLoopback,
  parseAddresses,
  parseBearerToken,
  parseCertificates,
  parseClientKey,
  parseDatabaseUrl,
  parseEndpoint,
  parseFlag,
  parseGroupRoles,
  parseInteger,
  parseKey,
  parseOneOf,
  parseRoles,
  parseSigningKey,
  parsePublicUrl,
  parseIssuer,
  parseWitnesses,
} from './parse-setting.ts'
import { SettingReader, type Environment } from './setting-reader.ts'

/** What holds in both ways of running. */
export interface CommonSettings {
  readonly port: number
  readonly logLevel: LogLevel
  readonly reviewHours: number
  readonly tlogPublic: boolean
  readonly allowPrivateAddresses: boolean
  readonly idleMinutes: number
  readonly absoluteHours: number
  readonly roles: readonly ('serve' | 'work')[]
  readonly dataDirectory: string | undefined
}

export type Settings =
  | { readonly kind: 'embedded'; readonly common: CommonSettings }
  | {
      readonly kind: 'configured'
      readonly common: CommonSettings
      readonly config: Config
      readonly objectStore: ObjectStoreSettings
      readonly secrets: Secrets
      readonly anchors: AnchorSettings
    }

/** Everything that is wrong with the environment, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(
      `The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`,
    )
    this.mistakes = mistakes
  }
}

// Any of these says that the operator brings real parts; without them everything is embedded.
const realParts = /^GATEWAY_(DATABASE_|S3_|ANCHOR_|OIDC_|SIGNING_|SECRET_BOX_|SESSION_KEY|PUBLIC_URL|ORIGIN)/

const secretMethods = ['client_secret_basic', 'client_secret_post'] as const

/** Reads the settings; throws `ConfigError` that lists every mistake. No secret is ever part of a message. */
export function readConfig(environment: Environment): Settings {
  const reader = new SettingReader(environment)
  const common = readCommon(reader)
  const isReal = Object.keys(environment).some((name) => realParts.test(name))
  const settings: Settings = isReal ? readReal(reader, common) : { kind: 'embedded', common }
  if (!isReal) refuseForEmbedded(reader, common)
  const mistakes = reader.mistakes()
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return settings
}

function refuseForEmbedded(reader: SettingReader, common: CommonSettings): void {
  if (common.roles.length < 2) reader.refuse('GATEWAY_ROLES', 'needs real parts: the embedded set-up runs both roles')
  const host = reader.optional('GATEWAY_HOST')
  if (host !== undefined && !isLoopback(host))
    reader.refuse('GATEWAY_HOST', 'needs real parts: the embedded set-up listens on loopback alone')
}

function readCommon(reader: SettingReader): CommonSettings {
  return {
    port: reader.parsed('GATEWAY_PORT', 8080, parseInteger(1, 65_535)),
    logLevel: reader.parsed('GATEWAY_LOG_LEVEL', 'info', parseOneOf(logLevels)),
    reviewHours: reader.parsed('GATEWAY_REVIEW_HOURS', 8, parseInteger(1, 720)),
    tlogPublic: reader.parsed('GATEWAY_TLOG_PUBLIC', false, parseFlag),
    allowPrivateAddresses: reader.parsed('GATEWAY_ALLOW_PRIVATE_ADDRESSES', false, parseFlag),
    idleMinutes: reader.parsed('GATEWAY_SESSION_IDLE_MINUTES', 30, parseInteger(1, 1_440)),
    absoluteHours: reader.parsed('GATEWAY_SESSION_HOURS', 12, parseInteger(1, 168)),
    roles: reader.parsed('GATEWAY_ROLES', ['serve', 'work'], parseRoles),
    dataDirectory: reader.optional('GATEWAY_DATA_DIRECTORY'),
  }
}

function readReal(reader: SettingReader, common: CommonSettings): Settings {
  const publicUrl = readRequired(reader, 'GATEWAY_PUBLIC_URL', 'the https address that people open', parsePublicUrl)
  const config: Config = {
    embedded: false,
    publicUrl,
    host: reader.optional('GATEWAY_HOST') ?? '0.0.0.0',
    port: common.port,
    roles: common.roles,
    dataDirectory: common.dataDirectory ?? '/var/lib/gateway',
    tlogPublic: common.tlogPublic,
    allowPrivateAddresses: common.allowPrivateAddresses,
    reviewHours: common.reviewHours,
    session: {
      key: readKey(reader, 'GATEWAY_SESSION_KEY', '32 random bytes that sign session cookies'),
      idleMinutes: common.idleMinutes,
      absoluteHours: common.absoluteHours,
    },
    oidc: readOidc(reader),
    scimToken: reader.parsed('GATEWAY_SCIM_TOKEN', undefined, parseBearerToken),
    rateLimits: readRateLimits(reader),
    trustedProxies: reader.parsed('GATEWAY_TRUSTED_PROXIES', undefined, parseAddresses),
    database: {
      url: readRequired(
        reader,
        'GATEWAY_DATABASE_URL',
        'the database, as the login that owns nothing',
        parseDatabaseUrl,
      ),
      ownerUrl: reader.parsed('GATEWAY_DATABASE_OWNER_URL', undefined, parseDatabaseUrl),
    },
    origin: reader.optional('GATEWAY_ORIGIN') ?? defaultOrigin(publicUrl),
  }
  const objectStore = readObjectStore(reader)
  return { kind: 'configured', common, config, objectStore, secrets: readSecrets(reader), anchors: readAnchors(reader) }
}

function readOidc(reader: SettingReader): Config['oidc'] {
  const clientSecret = reader.optional('GATEWAY_OIDC_CLIENT_SECRET')
  const clientKey = reader.parsed('GATEWAY_OIDC_CLIENT_KEY', undefined, parseClientKey)
  if (clientSecret === undefined && clientKey === undefined)
    reader.refuse(
      'GATEWAY_OIDC_CLIENT_SECRET',
      'or GATEWAY_OIDC_CLIENT_KEY is missing: how the gateway proves itself to the provider',
    )
  return {
    issuer: readRequired(reader, 'GATEWAY_OIDC_ISSUER', 'the address of the firm’s OpenID provider', parseIssuer),
    clientId: reader.required('GATEWAY_OIDC_CLIENT_ID', 'the client that the provider knows the gateway by'),
    clientSecret,
    clientKey,
    groupsClaim: reader.optional('GATEWAY_OIDC_GROUPS_CLAIM') ?? 'groups',
    groupRoles: readRequired(
      reader,
      'GATEWAY_OIDC_GROUP_ROLES',
      'who may do what, as JSON from group to roles',
      parseGroupRoles,
    ),
    scope: reader.optional('GATEWAY_OIDC_SCOPE') ?? 'openid profile email groups',
    clientAuthentication: reader.parsed('GATEWAY_OIDC_CLIENT_AUTHENTICATION', undefined, parseOneOf(secretMethods)),
    unitClaim: reader.optional('GATEWAY_OIDC_UNIT_CLAIM'),
    employeeClaim: reader.optional('GATEWAY_OIDC_EMPLOYEE_CLAIM'),
    audience: reader.optional('GATEWAY_OIDC_AUDIENCE'),
    accessTokenType: reader.parsed('GATEWAY_OIDC_ACCESS_TOKEN_TYPE', undefined, parseOneOf(['any', 'at+jwt'] as const)),
    clockSkewSeconds: reader.parsed('GATEWAY_OIDC_CLOCK_SKEW_SECONDS', undefined, parseInteger(0, 300)),
  }
}

function readRateLimits(reader: SettingReader): NonNullable<Config['rateLimits']> {
  const perMinute = parseInteger(0, 1_000_000)
  return {
    signInPerMinute: reader.parsed('GATEWAY_RATE_SIGN_IN', 300, perMinute),
    sessionWritesPerMinute: reader.parsed('GATEWAY_RATE_SESSION_WRITES', 6_000, perMinute),
    tokenWritesPerMinute: reader.parsed('GATEWAY_RATE_TOKEN_WRITES', 60_000, perMinute),
  }
}

/** The bucket's settings, each mistake told to the reader. */
export function readObjectStore(reader: SettingReader): ObjectStoreSettings {
  return {
    kind: 's3',
    endpoint: reader.parsed('GATEWAY_S3_ENDPOINT', undefined, parseEndpoint),
    region: reader.optional('GATEWAY_S3_REGION') ?? 'us-east-1',
    bucket: reader.required('GATEWAY_S3_BUCKET', 'the bucket with Object Lock that receives the sealed archive'),
    accessKeyId: reader.required('GATEWAY_S3_ACCESS_KEY_ID', 'the access key for the bucket'),
    secretAccessKey: reader.required('GATEWAY_S3_SECRET_ACCESS_KEY', 'the secret of the access key'),
  }
}

/** Each anchor is there when its first setting is: the bucket, the authority's address, the witnesses. */
function readAnchors(reader: SettingReader): AnchorSettings {
  const bucket = reader.optional('GATEWAY_ANCHOR_S3_BUCKET')
  const [endpoint, region, accessKeyId, secretAccessKey] = [
    reader.parsed('GATEWAY_ANCHOR_S3_ENDPOINT', undefined, parseEndpoint),
    reader.optional('GATEWAY_ANCHOR_S3_REGION') ?? 'us-east-1',
    reader.optional('GATEWAY_ANCHOR_S3_ACCESS_KEY_ID'),
    reader.optional('GATEWAY_ANCHOR_S3_SECRET_ACCESS_KEY'),
  ]
  const url = reader.parsed('GATEWAY_ANCHOR_TSA_URL', undefined, parseEndpoint)
  const certificates = reader.parsed('GATEWAY_ANCHOR_TSA_CERTIFICATES', undefined, parseCertificates)
  const everyMinutes = reader.parsed('GATEWAY_ANCHOR_TSA_MINUTES', 60, parseInteger(1, 10_080))
  if (bucket !== undefined && (accessKeyId === undefined || secretAccessKey === undefined))
    reader.refuse(
      'GATEWAY_ANCHOR_S3_BUCKET',
      'needs GATEWAY_ANCHOR_S3_ACCESS_KEY_ID and GATEWAY_ANCHOR_S3_SECRET_ACCESS_KEY',
    )
  if (url !== undefined && certificates === undefined)
    reader.refuse('GATEWAY_ANCHOR_TSA_URL', 'needs GATEWAY_ANCHOR_TSA_CERTIFICATES: what its tokens must lead to')
  const keys = { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '' }
  return {
    store: bucket === undefined ? undefined : { kind: 's3', endpoint, region, bucket, ...keys },
    timestamp: url === undefined ? undefined : { url, certificates: certificates ?? '', everyMinutes },
    witnesses: reader.parsed('GATEWAY_ANCHOR_WITNESSES', [], parseWitnesses),
  }
}

function readSecrets(reader: SettingReader): Secrets {
  return {
    signingKey: readRequired(reader, 'GATEWAY_SIGNING_KEY', 'the Ed25519 key that signs checkpoints', parseSigningKey),
    secretBoxKey: readKey(reader, 'GATEWAY_SECRET_BOX_KEY', '32 random bytes that seal the networks’ credentials'),
  }
}

function readKey(reader: SettingReader, name: string, what: string): Buffer {
  return readRequired(reader, name, what, parseKey)
}

// A missing value is reported once and answers an empty stand-in that nobody uses: `readConfig` throws.
function readRequired<T>(reader: SettingReader, name: string, what: string, parse: (text: string) => T): T {
  reader.required(name, what)
  return reader.parsed(name, undefined as T, parse)
}

/** The log's name where none is set: it follows from the public address. */
export function defaultOrigin(publicUrl: string | undefined): string {
  return publicUrl === undefined || !URL.canParse(publicUrl) ? '' : `${new URL(publicUrl).host}/tlog`
}
