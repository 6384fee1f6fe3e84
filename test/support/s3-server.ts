import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { doOnce } from './do-once.ts'

/**
 * A real S3 server with Object Lock for tests: Debian's radosgw over one monitor and one memory-backed OSD, on loopback.
 * Its packages are downloaded with `apt-get download` and unpacked with `dpkg -x` into `.cache/s3-server`: nothing is
 * installed and root is not needed. About ten seconds from unpacked packages to the first answer.
 */
export interface S3Server {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly stop: () => Promise<void>
}

const cache = resolve(import.meta.dirname, '../../.cache/s3-server')
const root = join(cache, 'root')
const wanted = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common', 'ceph-base']
// What the closure names and these programs do not load.
const unneeded = /perl|nss|cdebconf|debian-installer|elogind|newt/

/** Starts a server, or answers in words why this machine cannot have one. */
export async function startS3Server(): Promise<S3Server | string> {
  const problem = await unpackPackages()
  return problem ?? bringUp(await mkdtemp(join(tmpdir(), 'gateway-s3-')))
}

/** Fetches and unpacks the server's packages where they are not there; answers in words why they cannot be had. */
export async function unpackPackages(): Promise<string | undefined> {
  await mkdir(cache, { recursive: true })
  return doOnce(join(cache, '.unpacking'), async () => existsSync(root), unpackAnew)
}

async function unpackAnew(): Promise<string | undefined> {
  const missing = ['apt-cache', 'apt-get', 'dpkg', 'dpkg-query'].find(
    (tool) => run('sh', ['-c', `command -v ${tool}`]).failed,
  )
  if (missing !== undefined) return `${missing} is not on this machine, so Debian's radosgw cannot be unpacked.`
  const packages = packagesToUnpack()
  if (packages.length === 0) return 'apt-cache knows no package radosgw; run apt-get update first.'
  const aside = join(cache, randomUUID())
  await mkdir(join(aside, 'root'), { recursive: true })
  const download = run('apt-get', ['-q', 'download', ...packages], aside)
  if (download.failed) return `apt-get download failed: ${download.output.trim().split('\n').at(-1)}`
  for (const name of await readdir(aside)) {
    if (name.endsWith('.deb') && run('dpkg', ['-x', name, 'root'], aside).failed)
      return `dpkg could not unpack ${name}.`
  }
  await rename(join(aside, 'root'), root)
  await rm(aside, { recursive: true, force: true })
  return undefined
}

function packagesToUnpack(): string[] {
  const no = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`)
  const closure = run('apt-cache', ['depends', '--recurse', ...no, ...wanted]).output.split('\n')
  const status = run('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\\n']).output.split('\n')
  const installed = new Set(status.filter((line) => line.endsWith(' installed')).map((line) => line.split(' ')[0]))
  const names = closure.filter((line) => wanted.includes(line) || (/^lib[a-z0-9]/.test(line) && !unneeded.test(line)))
  return [...new Set(names)].filter((name) => !installed.has(name))
}

function run(
  command: string,
  args: string[],
  cwd?: string,
  env?: NodeJS.ProcessEnv,
): { failed: boolean; output: string } {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    maxBuffer: 1 << 26,
    ...(cwd === undefined ? {} : { cwd }),
  })
  return { failed: result.status !== 0, output: `${result.stdout}${result.stderr}` }
}

async function bringUp(folder: string): Promise<S3Server | string> {
  const libraries = (await readdir(join(root, 'usr/lib')))
    .map((name) => join(root, 'usr/lib', name))
    .filter((path) => path.endsWith('-linux-gnu'))
  const library = libraries[0] ?? join(root, 'usr/lib')
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: [library, join(library, 'ceph'), library.replace('/usr/lib/', '/lib/')].join(':'),
    PATH: `${join(root, 'usr/bin')}:${process.env['PATH'] ?? ''}`,
  }
  const [monitorPort, s3Port] = [await freePort(), await freePort()]
  const [clusterId, osdId] = [randomUUID(), randomUUID()]
  for (const name of ['mon', 'osd', 'log', 'run', 'rgw']) await mkdir(join(folder, name))
  const conf = join(folder, 'ceph.conf')
  await writeFile(conf, configuration(folder, library, clusterId, monitorPort, s3Port))

  const children = new Map<string, ChildProcess>()
  let stopping = false
  const start = (program: string, args: string[], tries = 0) => {
    // The death signal takes the daemons along even when the test process is killed.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, '-c', conf, '-f', ...args], {
      env,
      stdio: 'ignore',
    })
    children.set(program, child)
    // A daemon that comes before the one that it needs gives up: it is started again.
    child.once('exit', () => {
      if (!stopping && tries < 20) setTimeout(() => !stopping && start(program, args, tries + 1), 500)
    })
  }
  const stop = async () => {
    stopping = true
    for (const child of children.values()) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const steps: [string, string[]][] = [
    [
      'monmaptool',
      [
        '--create',
        '--clobber',
        '--addv',
        'a',
        `[v1:127.0.0.1:${monitorPort}]`,
        '--fsid',
        clusterId,
        `${folder}/monmap`,
      ],
    ],
    ['osdmaptool', ['--createsimple', '1', `${folder}/osdmap`, '--clobber']],
    ['ceph-authtool', ['--create-keyring', `${folder}/keyring`, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *']],
    [
      'ceph-mon',
      [
        '-c',
        conf,
        '--mkfs',
        '-i',
        'a',
        '--monmap',
        `${folder}/monmap`,
        '--osdmap',
        `${folder}/osdmap`,
        '--keyring',
        `${folder}/keyring`,
      ],
    ],
    ['ceph-osd', ['-c', conf, '-i', '0', '--mkfs', '--osd-uuid', osdId]],
  ]
  for (const [program, args] of steps) {
    if (program === 'ceph-osd') start('ceph-mon', ['-i', 'a'])
    const step = run(program, args, folder, env)
    if (!step.failed) continue
    await stop()
    return `${program} failed: ${step.output.trim().split('\n').at(-1)}`
  }
  start('ceph-osd', ['-i', '0'])
  start('radosgw', ['-n', 'client.admin'])
  const endpoint = `http://127.0.0.1:${s3Port}`
  if (!(await answers(endpoint, 240_000))) {
    await stop()
    return 'radosgw did not answer within four minutes.'
  }
  const keys = { accessKeyId: 'testkey', secretAccessKey: 'testsecret' }
  const user = [
    'user',
    'create',
    '--uid=test',
    '--display-name=test',
    `--access-key=${keys.accessKeyId}`,
    `--secret=${keys.secretAccessKey}`,
  ]
  const made = run('radosgw-admin', ['-c', conf, ...user], folder, env)
  if (!made.failed) return { endpoint, region: 'us-east-1', ...keys, stop }
  await stop()
  return `radosgw-admin failed: ${made.output.trim().split('\n').at(-1)}`
}

function configuration(
  folder: string,
  library: string,
  clusterId: string,
  monitorPort: number,
  s3Port: number,
): string {
  return `[global]
fsid=${clusterId}
mon host=[v1:127.0.0.1:${monitorPort}/0]
mon initial members=a
ms bind msgr2=false
public addr=127.0.0.1
auth cluster required=none
auth service required=none
auth client required=none
osd pool default size=1
osd pool default min size=1
osd pool default pg num=1
osd pool default pgp num=1
mon allow pool size one=true
mon warn on pool no redundancy=false
osd crush chooseleaf type=0
osd pool default pg autoscale mode=off
mon max pg per osd=2000
erasure code dir=${library}/ceph/erasure-code
osd class dir=${library}/rados-classes
plugin dir=${library}/ceph
osd class load list=*
osd class default list=*
run dir=${folder}/run
log file=${folder}/log/$name.log
admin socket=${folder}/run/$name.asok
pid file=${folder}/run/$name.pid
osd objectstore=memstore
memstore device bytes=2147483648
osd data=${folder}/osd
osd journal=${folder}/osd/journal
mon data=${folder}/mon
osd heartbeat grace=60
rgw data=${folder}/rgw
rgw frontends=beast endpoint=127.0.0.1:${s3Port}
rgw relaxed s3 bucket names=false
rgw gc max objs=1
rgw num rados handles=1
rgw thread pool size=32
rgw enable gc threads=false
rgw enable lc threads=false
rgw run sync thread=false
rgw dynamic resharding=false
rgw enable usage log=false
rgw override bucket index max shards=1
rgw dns name=127.0.0.1
keyring=/dev/null
`
}

async function answers(endpoint: string, milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += 100) {
    if (
      await fetch(endpoint).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return true
    await delay(100)
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/**
 * The server for a test file. Where this machine cannot have one, says so loudly and answers undefined, so that the file
 * can mark its tests as skipped; with `GATEWAY_TEST_S3=required`, as continuous integration sets it, that is an error.
 */
export async function requireS3Server(): Promise<S3Server | undefined> {
  const server = await startS3Server()
  if (typeof server !== 'string') return server
  const sentence = `S3 with Object Lock was NOT tested: ${server}`
  if (process.env['GATEWAY_TEST_S3'] === 'required') throw new Error(sentence)
  process.stderr.write(`\n${'!'.repeat(100)}\n${sentence}\n${'!'.repeat(100)}\n\n`)
  return undefined
}
