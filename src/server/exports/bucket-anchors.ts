import { readBucketAnchors } from '#server/archive/bucket-anchors.ts'
import type { BucketLog } from '#server/archive/bucket-log.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { parseVerifierKey } from '#shared/tlog/note.ts'
import { packAnchors, type ProofFile } from './prove-anchors.ts'
import { verifyAnchors } from './verify-package-anchors.ts'
import type { PackageSource } from './write-package.ts'

/**
 * What outside parties said of the log, as the bucket keeps it. Whoever may add objects may add such words too: what the
 * verifier would not believe is left out and told, and hinders no export.
 */
export async function proveBucketAnchors(
  store: Pick<ObjectStore, 'get' | 'list'>,
  log: BucketLog,
  verifierKey: string,
  { readNode }: Pick<PackageSource, 'readNode'>,
): Promise<{ readonly files: readonly ProofFile[]; readonly unsound: readonly string[] }> {
  const files = await packAnchors(await readBucketAnchors(store, log), log.size, readNode)
  const unsound = new Map<string, string>()
  await verifyAnchors({
    names: files.map(({ name }) => name),
    read: async (name) => Buffer.from(files.find((file) => file.name === name)?.content ?? []),
    checkpoint: log.checkpoint!,
    key: parseVerifierKey(verifierKey),
    trust: {},
    report: (file, sentence) => unsound.set(file.split('/').slice(0, 3).join('/'), sentence),
  })
  return {
    files: files.filter(({ name }) => ![...unsound.keys()].some((folder) => name.startsWith(`${folder}/`))),
    unsound: [...unsound].map(([folder, sentence]) => `${folder} is left out: ${sentence}`),
  }
}
