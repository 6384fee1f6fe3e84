import { fromHex, toHex, utf8 } from '#shared/tlog/bytes.ts'
import { perfectRoot } from '#shared/tlog/frontier.ts'
import { hashLeaf, verifyInclusion, type Hash } from '#shared/tlog/merkle.ts'
import { proveInclusion, readRoot, type NodeReader } from '#shared/tlog/prove.ts'

/** The streams that a directory lists: a firm has few of them. Posts and exports are many, and inside one of these. */
export const listedStreams = ['author', 'network', 'profile', 'unit', 'user'] as const

/** How many records a stream had at one size of the log: the number that its next record gets. */
export interface StreamHead {
  readonly kind: string
  readonly id: string
  readonly next: number
}

/** A head with its proof: it is leaf number `index` of the directory's tree. */
export interface ProvenHead extends StreamHead {
  readonly index: number
  /** Hex, leaf to root (RFC 6962). */
  readonly path: string[]
}

/** What a directory's record says in the log. */
export interface DirectoryContent {
  readonly treeSize: number
  /** Hex: the root over one leaf a stream, SHA-256(0x00 ‖ `<kind> <id> <next>`), in the byte order of these lines' first two words. */
  readonly rootHash: string
  readonly streams: number
}

/** The lines of a directory, in the order in which they are hashed. */
export function directoryLines(heads: Iterable<StreamHead>): string[] {
  const listed: readonly string[] = listedStreams
  return [...heads]
    .filter((head) => head.next > 0 && listed.includes(head.kind))
    .map((head) => ({ key: `${head.kind} ${head.id}`, line: headLine(head) }))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ line }) => line)
}

function headLine({ kind, id, next }: StreamHead): string {
  return `${kind} ${id} ${next}`
}

/** The root of a directory's tree in hex. */
export async function directoryRoot(lines: readonly string[]): Promise<string> {
  return toHex(await readRoot(nodesOf(lines), 0, lines.length))
}

/** The heads of some streams with their proofs; a stream that the directory does not list is left out. */
export async function proveHeads(
  lines: readonly string[],
  kind: string,
  ids: readonly string[],
): Promise<ProvenHead[]> {
  const readNode = nodesOf(lines)
  const proven: ProvenHead[] = []
  for (const id of ids) {
    const index = lines.findIndex((line) => line.startsWith(`${kind} ${id} `))
    if (index === -1) continue
    const next = Number(lines[index]!.slice(`${kind} ${id} `.length))
    const path = await proveInclusion(readNode, index, lines.length)
    proven.push({ kind, id, next, index, path: path.map(toHex) })
  }
  return proven
}

/** Does the directory of this root list the stream so? */
export function verifyHead(head: ProvenHead, directory: DirectoryContent): boolean {
  const leaf = hashLeaf(utf8(headLine(head)))
  return verifyInclusion(leaf, head.index, directory.streams, head.path.map(fromHex), fromHex(directory.rootHash))
}

function nodesOf(lines: readonly string[]): NodeReader {
  const leaves: Hash[] = lines.map((line) => hashLeaf(utf8(line)))
  return async (level, index) => perfectRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
}
