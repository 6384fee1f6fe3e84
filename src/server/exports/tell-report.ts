import type { Manifest } from './manifest.ts'
import type { PackageReport } from './verify-package.ts'

/** A report of the verifier in words, for a terminal. */
export function tellReport(report: PackageReport): string {
  const lines = [...aboutPackage(report), ...aboutKey(report), '', ...verdict(report)]
  return `${lines.join('\n')}\n`
}

function aboutPackage(report: PackageReport): string[] {
  const { manifest, tally } = report
  if (manifest === undefined) return []
  const { log, filter, requestedBy, selection } = manifest
  const asked = Object.entries({
    ...filter,
    units: filter.units === null ? null : `${filter.units.length} units`,
  }).filter(([, value]) => value !== null)
  const about = [
    `Export ${manifest.exportId} of the log ${log.origin}, by ${manifest.software.name} ${manifest.software.version}`,
    `Asked for by ${oneLine(requestedBy.displayName)} on ${manifest.requestedAt}: ${oneLine(manifest.reason)}`,
    `Filter: ${asked.length === 0 ? 'everything' : asked.map(([name, value]) => `${name} ${oneLine(String(value))}`).join(', ')}`,
    `Log: entries ${log.first} to ${log.end - 1} of ${log.size}, checkpoint of ${log.checkpointAt ?? 'an unnamed time'}, root ${log.rootHash}`,
  ]
  if (tally !== undefined)
    about.push(
      `Records: ${tally.matching} match, ${tally.delivered} delivered, ${tally.disposed} of them disposed; ${tally.entries} headers`,
    )
  if (manifest.log.withheld) about.push(aboutWithheld(manifest, tally))
  if (selection !== null)
    about.push(
      `Selection: only matching records with the words “${oneLine(selection.words)}” are delivered; which they are is not proven.`,
    )
  about.push(...aboutAnchors(report))
  return [...about, ...manifest.coverageGaps.map((gap) => `Coverage gap: ${oneLine(gap.sentence)}`)]
}

/** What outside parties said of the log, and whether the reader's own keys stand behind it. */
function aboutAnchors({ anchors }: PackageReport): string[] {
  return anchors.flatMap(({ treeSize, timestamp, witnesses }) => [
    ...(timestamp === null
      ? []
      : [
          `Timestamp: ${oneLine(timestamp.authority)} saw the first ${treeSize} entries at ${timestamp.at} (${timestamp.trusted ? 'by the certificates that you gave' : 'not checked against any certificate; give yours with --tsa'})`,
        ]),
    ...witnesses.map(
      ({ name, at }) =>
        `Witness: ${oneLine(name)} signed the first ${treeSize} entries${at === null ? ' (not checked; give its key with --witness)' : ` at ${at}`}`,
    ),
  ])
}

/** What stands as hashes, and up to where nothing can be hidden among them. */
function aboutWithheld(manifest: Manifest, tally: PackageReport['tally']): string {
  const kind = manifest.log.streams?.kind ?? 'unit'
  const hidden = `Withheld: ${tally?.withheld ?? manifest.counts.withheld} entries of other ${kind}s stand as hashes. No number is missing in any ${kind} up to its last entry`
  const until = tally?.provenUntil ?? null
  const unlisted = tally?.unlisted.length ?? 0
  const empty =
    unlisted === 0 ? '' : ` The directory does not list ${unlisted} of them: that they are empty is not proven.`
  if (until === null) return `${hidden}; later ones could be hidden.${empty}`
  return `${hidden}, and by the log's directory none is missing before log index ${until}; later ones could be hidden.${empty}`
}

function aboutKey({ key }: PackageReport): string[] {
  if (key === undefined) return []
  if (key.given) return [`Key: ${oneLine(key.verifierKey)} (as given)`]
  return [
    `Key: ${oneLine(key.verifierKey)}`,
    'This key came from the package itself. Compare it with the one that the firm publishes, or give that one with --key.',
  ]
}

function verdict({ ok, problems, manifest, signed }: PackageReport): string[] {
  const limit = manifest?.log.withheld === true ? ', within what is said above of withheld entries' : ''
  if (ok && !signed)
    return [
      `VERIFIED WITHOUT A SIGNED MANIFEST: no record was altered, and none that matches is missing${limit}.`,
      'Who asked and why, that bodies were rightly disposed of, that media are missing, and the readable files are the word of whoever made the package.',
    ]
  if (ok) return [`VERIFIED: nothing was altered, and nothing that matches is missing${limit}.`]
  const place = (file: string, logIndex: number | null) =>
    `${oneLine(file)}${logIndex === null ? '' : `, log index ${logIndex}`}`
  return [
    'NOT VERIFIED',
    ...problems.map((problem) => `- ${place(problem.file, problem.logIndex)}: ${oneLine(problem.sentence)}`),
  ]
}

/** A package is a stranger's: nothing in it may drive the reader's terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 500)
}
