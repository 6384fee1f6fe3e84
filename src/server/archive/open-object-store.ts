import type { Clock } from '#server/platform/clock.ts'
import type { ObjectStoreSettings } from '#server/platform/config.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { openDirectoryObjectStore } from './directory-object-store.ts'

/**
 * The object store that the settings name, and how to let go of it. A bucket that is down now is no error. `use` read: nothing
 * is tried out in a directory, which may be one that cannot be written.
 */
export async function openObjectStore(
  settings: ObjectStoreSettings,
  clock: Clock,
  use: 'all' | 'read' = 'all',
): Promise<{ readonly store: ObjectStore; close(): Promise<void> }> {
  if (settings.kind === 'directory') {
    const store = await openDirectoryObjectStore({ directory: settings.directory, clock, use })
    return { store, close: async () => {} }
  }
  // Loaded only where a bucket is used: the AWS client is the largest package of all.
  const { openS3ObjectStore } = await import('./s3-object-store.ts')
  const { kind: _kind, endpoint, ...rest } = settings
  const store = openS3ObjectStore({ ...rest, ...(endpoint === undefined ? {} : { endpoint }) }, clock)
  return { store, close: async () => store.close() }
}
