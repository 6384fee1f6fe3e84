import type { TestContext } from 'node:test'

export interface TestWitness {
  readonly url: string
  readonly verifierKey: string
  /** The newest checkpoint that it signed, by origin. */
  readonly known: Map<string, { size: number; root: Buffer }>
  readonly requests: string[]
  setAway(away: boolean): void
}

/** A C2SP witness of its own code that knows the given logs. */
export async function startWitness(t: TestContext, name: string, logKeys: readonly string[]): Promise<TestWitness> {
  const module = (await import(new URL('../peers/witness.mjs', import.meta.url).href)) as {
    startWitness(name: string, logKeys: readonly string[]): Promise<TestWitness & { stop(): Promise<void> }>
  }
  const witness = await module.startWitness(name, logKeys)
  t.after(() => witness.stop())
  return witness
}
