import { withClient } from '#server/platform/with-client.ts'

/**
 * The embedded provider's issuer carries its port, which another program may have taken since the last start. Its people
 * stay themselves: a second Camille could otherwise approve the first one's posts.
 */
export async function adoptIssuer(ownerUrl: string, issuer: string): Promise<void> {
  const sentence = 'update app_user set issuer = $1 where issuer <> $1 and issuer like $2'
  await withClient(ownerUrl, (client) => client.query(sentence, [issuer, 'http://127.0.0.1:%']))
}
