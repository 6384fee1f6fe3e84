import { i18n } from '@lingui/core'
import { downloadExport } from '#shared/api/exports.ts'
import { offlineError, toError } from './call.ts'

export function packageUrl(exportId: string): string {
  return downloadExport.url.replace(':exportId', encodeURIComponent(exportId))
}

/** Of as many digits as a range may have. */
const beyondEveryPackage = 999_999_999_999_999

/**
 * Asks whether the package of an export is there, and throws `CallError` where it is not: of a download that is refused, a
 * browser says nothing but “failed”. A range beyond every package is refused only for a package that can be had, and
 * takes none of it, so it is no download in the archive.
 */
export async function askForPackage(exportId: string): Promise<void> {
  const headers = { range: `bytes=${beyondEveryPackage}-`, 'accept-language': i18n.locale }
  const response = await fetch(packageUrl(exportId), { headers }).catch(() => {
    throw offlineError()
  })
  if (response.ok) await response.body?.cancel()
  else if (response.status !== 416) throw await toError(response)
}
