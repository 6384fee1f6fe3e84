import { parseArgs } from 'node:util'
import { rebuildArchive } from '#server/archive/rebuild-archive.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import { writeAll } from '#server/policies/command-io.ts'
import type { Command } from './command.ts'
import { withDeps } from './with-deps.ts'

/** `archive rebuild`: what the database lost comes back from the object store, proven entry by entry, and is searchable again. */
export const runArchiveRebuild: Command = async ({ words, environment, io }) => {
  parseArgs({ args: [...words], options: {} })
  return withDeps(environment, async ({ config, log, objectStore, checkpointSigner }) => {
    const { ownerUrl } = config.database
    if (ownerUrl === undefined) {
      await writeAll(io.stderr, 'GATEWAY_DATABASE_OWNER_URL is missing: only the owner may write evidence back.\n')
      return 2
    }
    const owner = openDatabase(openPool(ownerUrl, log, 4))
    try {
      const { treeSize, imported, searchable } = await rebuildArchive(owner, objectStore, checkpointSigner)
      await writeAll(io.stdout, `✓ Tree of ${treeSize}: ${imported} records brought back, ${searchable} searchable.\n`)
      return 0
    } finally {
      await owner.destroy()
    }
  })
}
