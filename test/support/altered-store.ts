import type { ObjectStore } from '#server/platform/object-store.ts'

/** A store as a hostile hand left it: each object as `alter` answers it, and gone where it answers undefined. */
export function alteredStore(
  store: ObjectStore,
  alter: (key: string, bytes: Buffer) => Uint8Array | undefined,
): ObjectStore {
  const read = async (key: string, versionId?: string): Promise<Uint8Array | undefined> => {
    const bytes = await store.get(key, versionId)
    return bytes === undefined ? undefined : alter(key, Buffer.from(bytes))
  }
  return {
    put: (...args) => store.put(...args),
    get: read,
    head: async (key, versionId) => ((await read(key)) === undefined ? undefined : store.head(key, versionId)),
    async *list(prefix) {
      for await (const object of store.list(prefix)) if ((await read(object.key)) !== undefined) yield object
    },
    extend: (...args) => store.extend(...args),
    destroy: (...args) => store.destroy(...args),
    setLegalHold: (...args) => store.setLegalHold(...args),
    check: () => store.check(),
  }
}

/** The same bytes with one bit of the middle turned. */
export function flipped(bytes: Buffer): Buffer {
  const at = bytes.length >> 1
  bytes[at] = bytes[at]! ^ 1
  return bytes
}
