/** Settings, grouped; secrets are `Secret` so that they never reach a log. Only `main.ts` and `cli.ts` read the environment. */
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
    readonly groupsClaim: string
    /** Group name → roles on a unit, as `role@unit-slug`; a bare `role` is held on the firm. */
    readonly groupRoles: Readonly<Record<string, readonly string[]>>
    readonly scope: string
  }
  readonly database: { readonly url: string; readonly ownerUrl: string | undefined }
  readonly origin: string
}
