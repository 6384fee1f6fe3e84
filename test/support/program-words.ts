import { fileURLToPath } from 'node:url'

const server = (name: string): string => fileURLToPath(new URL(`../../src/server/${name}`, import.meta.url))

/**
 * The words that run a program of the gateway as package.json does: `main.ts` as `npm start`, `cli.ts` as `npm run
 * gateway`. What they load is compiled once for all of them, beside the packages.
 */
export function programWords(entry: 'main.ts' | 'cli.ts'): [node: string, ...words: string[]] {
  return [process.execPath, '--max-semi-space-size=32', '--require', server('require-node-24.cjs'), server(entry)]
}
