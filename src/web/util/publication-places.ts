import type { Publication, TimelineEntry } from '#shared/api/posts.ts'

/**
 * Where each line of a post's life happened: “Bluesky · @meridian”, by the id of its publication. What only the records
 * know (an auditor's page) is told by the network alone: each names the bytes that it carried, and the submission before
 * it names the network of those bytes.
 */
export function placesOf(
  entries: readonly TimelineEntry[],
  publications: readonly Publication[],
  networkName: (network: string) => string,
): (entry: TimelineEntry) => string | undefined {
  const places = new Map(
    publications.map(({ publicationId, network, handle }) => [publicationId, `${networkName(network)} · @${handle}`]),
  )
  const networks = new Map(
    entries.flatMap(({ summary }) => targetsOf(summary)).map(([sent, network]) => [sent, networkName(network)]),
  )
  return ({ type, summary }) => {
    if (!type.startsWith('publication.')) return undefined
    return places.get(String(summary['publicationId'])) ?? networks.get(String(summary['payloadSha256']))
  }
}

/** The networks that a recorded revision is for, by the hash of what each is to be sent. */
function targetsOf(summary: TimelineEntry['summary']): [payloadSha256: string, network: string][] {
  const { targets } = (summary['revision'] ?? {}) as { targets?: unknown }
  if (!Array.isArray(targets)) return []
  return (targets as { network: string; payloadSha256?: string }[]).flatMap(({ network, payloadSha256 }) =>
    payloadSha256 === undefined ? [] : [[payloadSha256, network]],
  )
}
