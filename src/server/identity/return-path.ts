/** The path waits in a cookie, which holds 4 kB, beside those of other sign-ins. */
const longestPath = 1_000

/** Where a browser goes after sign-in: a path of our own origin and nothing else, so that a link cannot send people away. */
export function returnPath(asked: string | undefined, publicUrl: string): string {
  // Browsers read a backslash as a slash and drop tabs and newlines: such text is never a path of ours.
  if (asked === undefined || !asked.startsWith('/') || /[\\\p{Cc}]/u.test(asked)) return '/'
  if (!URL.canParse(asked, publicUrl)) return '/'
  const url = new URL(asked, publicUrl)
  if (url.origin !== new URL(publicUrl).origin || url.pathname.startsWith('/auth/') || url.pathname.startsWith('//'))
    return '/'
  const path = url.pathname + url.search + url.hash
  return path.length > longestPath ? '/' : path
}
