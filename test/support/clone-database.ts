import { after, type TestContext } from 'node:test'
import {
  clusterVariable,
  runSql,
  serviceLogin,
  startTestCluster,
  templateDatabase,
  type TestCluster,
} from './test-cluster.ts'

export interface TestDatabase {
  readonly name: string
  readonly ownerUrl: string
  readonly serviceUrl: string
}

let own: Promise<TestCluster> | undefined
let kept = false
let count = 0
const finished: string[] = []

// A file run by hand, without test/run.ts, has a cluster of its own.
after(async () => {
  if (own !== undefined) await (await own).stop({ keep: kept })
})

/** A fresh migrated database. It is dropped when the next one is made; a failed test keeps it and prints where it is. */
export async function cloneDatabase(t: TestContext): Promise<TestDatabase> {
  const cluster = await clusterUrl()
  // By now the tests that these were of have closed their connections.
  for (const name of finished.splice(0)) await runSql(cluster, `drop database ${name} with (force)`)
  const name = `t${process.pid}_${++count}`
  // Files are copied: writing every page of the template to the log costs twice as much.
  await runSql(cluster, `create database ${name} template ${templateDatabase} strategy file_copy`)
  const database = { name, ownerUrl: withDatabase(cluster, name), serviceUrl: serviceUrl(cluster, name) }
  t.after(() => {
    if (hasPassed(t)) {
      finished.push(name)
    } else {
      kept = true
      t.diagnostic(`kept database ${database.ownerUrl}`)
    }
  })
  return database
}

/** In an `after` hook: did the test pass? Node's types do not name the property yet. */
export function hasPassed(t: TestContext): boolean {
  return (t as TestContext & { readonly passed: boolean }).passed
}

async function clusterUrl(): Promise<string> {
  const given = process.env[clusterVariable]
  if (given !== undefined) return given
  own ??= startTestCluster()
  return (await own).ownerUrl
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

function serviceUrl(url: string, name: string): string {
  const changed = new URL(withDatabase(url, name))
  changed.username = serviceLogin.name
  changed.password = serviceLogin.password
  return changed.href
}
