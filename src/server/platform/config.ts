/** Settings, grouped. Only `main.ts` and `cli.ts` read the environment; what must never reach a log stands in `Secrets` or beside it. */
export interface Config {
  readonly embedded: boolean
  readonly publicUrl: string
  readonly host: string
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
    /** PKCS8 PEM for `private_key_jwt`, instead of a client secret. */
    readonly clientPrivateKey?: string | undefined
    readonly groupsClaim: string
    /** Group name → roles on a unit, as `role@unit-slug`; a bare `role` is held on the firm. */
    readonly groupRoles: Readonly<Record<string, readonly string[]>>
    readonly scope: string
  }
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

/** Keys that only the parts that need them receive. */
export interface Secrets {
  /** Ed25519, PKCS8 PEM: signs checkpoints. */
  readonly signingKey: string
  /** 32 bytes: seals the networks' credentials. */
  readonly secretBoxKey: Buffer
}

export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
