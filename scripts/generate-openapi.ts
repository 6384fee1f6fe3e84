import { readFile, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { describeApi } from '#server/platform/openapi.ts'

// Writes openapi.yaml from the contract; `--verify` only says whether it is up to date.
const file = new URL('../openapi.yaml', import.meta.url)
const text = stringify(describeApi(), { aliasDuplicateObjects: false, lineWidth: 120 })
if (!process.argv.includes('--verify')) await writeFile(file, text)
else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  console.error('openapi.yaml is not what the contract says. Run: npm run openapi')
  process.exitCode = 1
}
