import { signOut as contract } from '#shared/api/identity.ts'
import { call } from './call.ts'

const mark = 'gateway.signed-out'

/** Ends the session here, then at the firm's provider, whose answer leads back to the front page. */
export async function signOut(): Promise<void> {
  const { redirectTo } = await call(contract, {})
  sessionStorage.setItem(mark, 'yes')
  window.location.assign(redirectTo)
}

/** Did this window sign out just now? True once: whoever comes back later only sees the sign-in page. */
export function takeSignedOut(): boolean {
  const left = sessionStorage.getItem(mark) !== null
  sessionStorage.removeItem(mark)
  return left
}
