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
      const { treeSize, imported, searchable, bodiless } = await rebuildArchive(owner, objectStore, checkpointSigner)
      await writeAll(io.stdout, `✓ Tree of ${treeSize}: ${imported} records brought back, ${searchable} searchable.\n`)
      if (bodiless.count === 0) return 0
      const more = bodiless.count > bodiless.first.length ? ' …' : ''
      await writeAll(
        io.stderr,
        `✗ ${bodiless.count} bodies are not in the object store as they were sealed: entries ${bodiless.first.join(', ')}${more}. Their headers are back. "archive verify" names what is wrong with each.\n`,
      )
      return 1
    } finally {
      await owner.destroy()
    }
  })
}
