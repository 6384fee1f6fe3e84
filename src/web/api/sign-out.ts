import { signOut as contract } from '#shared/api/identity.ts'
import { call } from './call.ts'

/** Ends the session here, then at the firm's provider. */
export async function signOut(): Promise<void> {
  const { redirectTo } = await call(contract, {})
  window.location.assign(redirectTo)
}
