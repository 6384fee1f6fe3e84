import type { InjectOptions } from 'fastify'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'

export const scimToken = 'a-provisioning-token-of-the-tests'
export const core = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** Somebody of whom a test needs a name alone, as a provisioning client sends them. */
export const person = (name: string, more: object = {}) => ({
  schemas: [core],
  userName: `${name}@firm.example`,
  externalId: `id-${name}`,
  displayName: name,
  ...more,
})

/** Somebody as a provisioning client sends them. */
export const maya = {
  schemas: [core, enterprise],
  externalId: 'maya-id',
  userName: 'Maya.Stone@firm.example',
  name: { givenName: 'Maya', familyName: 'Stone' },
  emails: [{ value: 'maya.stone@firm.example', type: 'work', primary: true }],
  active: true,
  preferredLanguage: 'fr-FR',
  [enterprise]: { employeeNumber: '4711', department: 'Paris' },
}

type Method = InjectOptions['method'] & string

/** The gateway with its provisioning client; `headed` sends headers beside. */
export async function startScim(t: Parameters<typeof startGateway>[0]) {
  const gateway = await startGateway(t, { config: { scimToken } })
  const headed = (method: Method, url: string, headers: Record<string, string>, payload?: object) =>
    gateway.app.inject({
      method,
      url: `/scim/v2${url}`,
      headers: { authorization: `Bearer ${scimToken}`, 'content-type': 'application/scim+json', ...headers },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    })
  const send = (method: Method, url: string, payload?: object) => headed(method, url, {}, payload)
  const patch = (url: string, ...Operations: object[]) => send('PATCH', url, { schemas: [patchOp], Operations })
  return { gateway, headed, send, patch }
}

export async function rolesOf(gateway: TestGateway, userId: string): Promise<string[]> {
  const rows = await gateway.db
    .selectFrom('role_grant')
    .select('role')
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute()
  return rows.map((row) => row.role as string).toSorted()
}
