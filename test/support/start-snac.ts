import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '#server/embedded/free-port.ts'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../.cache/snac/', import.meta.url))
const source =
  'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main\n'

/** A real server with Mastodon's API (snac, in C) in a process of its own, with one account. */
export interface RunningSnac {
  readonly url: string
  readonly token: string
  stop(): Promise<void>
}

/** Unpacks Debian's package without installing it, and starts it; `missing` says why it cannot be had. */
export async function startSnac(): Promise<RunningSnac | { missing: string }> {
  const program = await unpackSnac().catch((error: Error) => error)
  if (program instanceof Error)
    return { missing: `Debian's package snac2 cannot be had here: ${program.message.split('\n')[0]}` }
  const folder = await mkdtemp(join(tmpdir(), 'snac-'))
  const data = join(folder, 'data')
  const port = await freePort()
  await answer(program, ['init', data], `127.0.0.1\n${port}\nlocalhost:${port}\n\nadmin@example.com\n`)
  const settings = join(data, 'server.json')
  await writeFile(settings, (await readFile(settings, 'utf8')).replace('"protocol": "https"', '"protocol": "http"'))
  const added = await answer(program, ['adduser', data, 'bank'], '')
  const password = /User password is (\S+)/.exec(added)?.[1] ?? ''
  const child = spawn(program, ['httpd', data], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  const token = await signIn(url, password)
  return { url, token, stop: () => stop(child, folder) }
}

async function unpackSnac(): Promise<string> {
  const program = join(cache, 'root', 'usr', 'bin', 'snac')
  if (await exists(program)) return program
  const work = join(cache, `work-${process.pid}`)
  await mkdir(join(work, 'lists', 'partial'), { recursive: true })
  await mkdir(join(work, 'archives', 'partial'), { recursive: true })
  await writeFile(join(work, 'sources.list'), source)
  const own = {
    'Dir::Etc::sourcelist': join(work, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': work,
  }
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  await run('apt-get', [...options, '-q', 'update'], { cwd: work })
  await run('apt-get', [...options, '-q', 'download', 'snac2'], { cwd: work })
  const file = (await readdir(work)).find((name) => name.endsWith('.deb'))
  if (file === undefined) throw new Error('apt-get downloaded nothing')
  await run('dpkg', ['-x', join(work, file), join(work, 'root')])
  await rename(join(work, 'root'), join(cache, 'root')).catch(async (error: Error) => {
    // Another test file was faster.
    if (!(await exists(program))) throw error
  })
  await rm(work, { recursive: true, force: true })
  return program
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Runs a program that asks questions on its standard input. */
async function answer(program: string, words: string[], input: string): Promise<string> {
  const child = run(program, words)
  child.child.stdin?.end(input)
  const { stdout, stderr } = await child
  return stdout + stderr
}

/** The password's token; asked for until the server listens. */
async function signIn(url: string, password: string): Promise<string> {
  const body = new URLSearchParams({ login: 'bank', passwd: password })
  for (let tries = 0; tries < 100; tries++) {
    const given = await fetch(`${url}/oauth/x-snac-get-token`, { method: 'POST', body }).catch(() => undefined)
    if (given?.ok === true) return (await given.text()).trim()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('snac did not answer within five seconds')
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  await gone
  await rm(folder, { recursive: true, force: true })
}
