import type { TimestampAuthority, Witness } from './anchors.ts'

/** Settings, grouped. Only `main.ts` and `cli.ts` read the environment; what must never reach a log stands in `Secrets` or beside it. */
export interface Config {
  readonly embedded: boolean
  readonly publicUrl: string
  readonly host: string
  /** Proxies whose word on the caller's address (`X-Forwarded-For`) is believed; without any, nobody's is. */
  readonly trustedProxies?: readonly string[] | undefined
  readonly port: number
  readonly roles: readonly ('serve' | 'work')[]
  readonly dataDirectory: string
  readonly tlogPublic: boolean
  readonly allowPrivateAddresses: boolean
  readonly reviewHours: number
  readonly session: { readonly key: Buffer; readonly idleMinutes: number; readonly absoluteHours: number }
  readonly oidc: {
    readonly issuer: string
    readonly clientId: string
    readonly clientSecret: string | undefined
    readonly groupsClaim: string
    /** Group name → roles on a unit, as `role@unit-slug`; a bare `role` is held on the firm. */
    readonly groupRoles: Readonly<Record<string, readonly string[]>>
    readonly scope: string
    /** PKCS#8 PEM of the key for `private_key_jwt`, which then stands instead of the client secret. */
    readonly clientKey?: string | undefined
    /** How the secret is sent; `client_secret_post` when absent. */
    readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post' | undefined
    /** Claim that carries the slug of the person's unit; `unit` when absent. */
    readonly unitClaim?: string | undefined
    /** Claim with the employee number, where the provider sends it. */
    readonly employeeClaim?: string | undefined
    /** Audience of access tokens of service clients; the public URL when absent. */
    readonly audience?: string | undefined
    /** `at+jwt` takes only access tokens that say so in their header (RFC 9068); `any` when absent. */
    readonly accessTokenType?: 'any' | 'at+jwt' | undefined
    /** Tolerance between the provider's clock and ours; 30 when absent. */
    readonly clockSkewSeconds?: number | undefined
  }
  /** Bearer token of the provisioning client at `/scim/v2`; without one SCIM is closed. */
  readonly scimToken?: string | undefined
  /** Requests a minute: sign-ins by address, writes by session or token. 0 switches a limit off. */
  readonly rateLimits?:
    | {
        readonly signInPerMinute: number
        readonly sessionWritesPerMinute: number
        readonly tokenWritesPerMinute: number
      }
    | undefined
  readonly database: { readonly url: string; readonly ownerUrl: string | undefined }
  readonly origin: string
}

/** Where sealed bundles go. */
export type ObjectStoreSettings =
  | { readonly kind: 'directory'; readonly directory: string }
  | {
      readonly kind: 's3'
      /** Absent for AWS itself. */
      readonly endpoint: string | undefined
      readonly region: string
      readonly bucket: string
      readonly accessKeyId: string
      readonly secretAccessKey: string
    }

/** Outside parties that see the archive's checkpoints; each is off unless it is set. */
export interface AnchorSettings {
  readonly store?: Extract<ObjectStoreSettings, { kind: 's3' }> | undefined
  readonly timestamp?: TimestampAuthority | undefined
  readonly witnesses: readonly Witness[]
}

/** Keys that only the parts that need them receive. */
export interface Secrets {
  /** Ed25519, PKCS8 PEM: signs checkpoints. */
  readonly signingKey: string
  /** 32 bytes: seals the networks' credentials. */
  readonly secretBoxKey: Buffer
}

export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
