import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { EmbeddedError } from './postgres-binaries.ts'

/**
 * The words before a Postgres command that make it run as Postgres demands: without root, and under an account that has a
 * name. A user namespace lends it one and keeps the files our own; without namespaces root gives the folder to `postgres`
 * or `nobody`. Throws `EmbeddedError` where neither can be.
 */
export function unprivilegedPrefix(directory: string): string[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const isRoot = process.getuid?.() === 0
  if (!isRoot && hasName()) return []
  const [uid, gid] = accountIds()
  const userNamespace = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`]
  if (spawnSync(userNamespace[0]!, [...userNamespace.slice(1), 'true']).status === 0) return userNamespace
  if (!isRoot)
    throw new EmbeddedError(
      `Postgres asks for an account with a name, and number ${process.getuid?.()} has none on this machine. Enter it in /etc/passwd, or start as another account.`,
    )
  chownSync(directory, uid, gid)
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
}

function hasName(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

function accountIds(): [number, number] {
  const account = spawnSync('id', ['-u', 'postgres']).status === 0 ? 'postgres' : 'nobody'
  const read = (flag: string): number => Number(execFileSync('id', [flag, account], { encoding: 'utf8' }))
  return [read('-u'), read('-g')]
}
