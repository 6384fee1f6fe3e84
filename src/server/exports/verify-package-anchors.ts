import { fromHex, fromUtf8 } from '#shared/tlog/bytes.ts'
import { openCheckpoint, type Checkpoint } from '#shared/tlog/checkpoint.ts'
import { openCosignature, parseWitnessKey } from '#shared/tlog/cosignature.ts'
import { verifyConsistency } from '#shared/tlog/merkle.ts'
import { parseNote, type VerifierKey } from '#shared/tlog/note.ts'

/** Outside parties that the reader of a package trusts. */
export interface TrustedAnchors {
  /** Verifier keys of witnesses. */
  readonly witnesses?: readonly string[] | undefined
  /** Certificates (PEM) that timestamps must lead to. */
  readonly certificates?: string | undefined
}

/** What outside parties said of the package's log. */
export interface AnchorFinding {
  readonly treeSize: number
  readonly timestamp: { readonly at: string; readonly authority: string; readonly trusted: boolean } | null
  /** Names of those that signed; `at` for those whose key the reader gave, and whose signature therefore was checked. */
  readonly witnesses: readonly { readonly name: string; readonly at: string | null }[]
}

interface AnchoredPackage {
  readonly names: readonly string[]
  readonly read: (name: string) => Promise<Buffer>
  readonly checkpoint: Checkpoint
  readonly key: VerifierKey
  readonly trust: TrustedAnchors
  readonly report: (file: string, sentence: string) => void
}

/**
 * Verifies what witnesses and an authority said, each of a checkpoint that the package's log continues. Whoever the reader
 * names must have signed; whoever the reader does not name is told, and not believed.
 */
export async function verifyAnchors(given: AnchoredPackage): Promise<AnchorFinding[]> {
  const findings: AnchorFinding[] = []
  for (const name of given.names) {
    const match = /^log\/anchors\/(\d{1,15})\/checkpoint$/.exec(name)
    if (match !== null) findings.push(await verifyAnchor(given, `log/anchors/${match[1]}`, Number(match[1])))
  }
  for (const verifierKey of given.trust.witnesses ?? []) {
    const { name } = parseWitnessKey(verifierKey)
    if (!findings.some(({ witnesses }) => witnesses.some((witness) => witness.name === name && witness.at !== null)))
      given.report('log/anchors', `The witness ${name}, whose key you gave, has not signed this log.`)
  }
  if (given.trust.certificates !== undefined && !findings.some(({ timestamp }) => timestamp?.trusted === true))
    given.report('log/anchors', 'No timestamp of this log leads to the certificates that you gave.')
  return findings
}

async function verifyAnchor(given: AnchoredPackage, folder: string, treeSize: number): Promise<AnchorFinding> {
  const note = await given.read(`${folder}/checkpoint`)
  try {
    const anchored = await openCheckpoint(fromUtf8(note), given.key)
    const proof = parseHashes(await given.read(`${folder}/consistency.json`))
    const { size, root } = given.checkpoint
    if (anchored.size !== treeSize || !verifyConsistency(treeSize, size, proof, anchored.root, root))
      given.report(
        folder,
        `The log of the package does not continue the checkpoint of ${treeSize} entries: it was forked.`,
      )
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError)) throw error
    given.report(folder, `The anchored checkpoint of ${treeSize} entries cannot be believed: ${error.message}`)
  }
  return {
    treeSize,
    timestamp: await readTimestamp(given, folder, note),
    witnesses: await readWitnesses(given, folder, note),
  }
}

function parseHashes(bytes: Buffer): Uint8Array[] {
  const value: unknown = JSON.parse(fromUtf8(bytes))
  if (!Array.isArray(value) || !value.every((hash) => typeof hash === 'string'))
    throw new RangeError('It has no proof.')
  return value.map((hash: string) => fromHex(hash))
}

async function readTimestamp(
  given: AnchoredPackage,
  folder: string,
  note: Buffer,
): Promise<AnchorFinding['timestamp']> {
  const name = `${folder}/timestamp.tsr`
  if (!given.names.includes(name)) return null
  // Loaded only where there is a timestamp: reading certificates is the work of a large package.
  const { openTimestamp } = await import('#server/archive/timestamp-token.ts')
  const { certificates } = given.trust
  try {
    return {
      ...(await openTimestamp(await given.read(name), note, { certificates })),
      trusted: certificates !== undefined,
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    given.report(name, error.message)
    return null
  }
}

async function readWitnesses(
  given: AnchoredPackage,
  folder: string,
  note: Buffer,
): Promise<AnchorFinding['witnesses']> {
  const file = `${folder}/cosignatures`
  if (!given.names.includes(file)) return []
  const cosigned = `${note.toString('utf8')}${(await given.read(file)).toString('utf8')}`
  const keys = (given.trust.witnesses ?? []).map(parseWitnessKey)
  try {
    const names = parseNote(cosigned).signatures.map((signature) => signature.name)
    return await Promise.all(
      [...new Set(names)]
        .filter((name) => name !== given.key.name)
        .map(async (name) => {
          const key = keys.find((candidate) => candidate.name === name)
          const found = key === undefined ? undefined : await openCosignature(cosigned, key)
          return { name, at: found === undefined ? null : new Date(found.timestamp * 1000).toISOString() }
        }),
    )
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    given.report(file, `The cosignatures cannot be read: ${error.message}`)
    return []
  }
}
