import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'

const userNamespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000']

/**
 * The words before a Postgres command that make it run without root, which Postgres demands.
 * A user namespace keeps the files root's own and needs no account; without one, `postgres` or `nobody` owns the folder.
 */
export function unprivilegedPrefix(directory: string): string[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (process.getuid?.() !== 0) return []
  if (spawnSync(userNamespace[0]!, [...userNamespace.slice(1), 'true']).status === 0) return userNamespace
  const [uid, gid] = accountIds()
  chownSync(directory, uid, gid)
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
}

function accountIds(): [number, number] {
  const account = spawnSync('id', ['-u', 'postgres']).status === 0 ? 'postgres' : 'nobody'
  const read = (flag: string): number => Number(execFileSync('id', [flag, account], { encoding: 'utf8' }))
  return [read('-u'), read('-g')]
}
