import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

// Runs the benchmarks one after the other, each in a process of its own: `npm run bench`, or `npm run bench -- start submit`.
const wanted = process.argv.slice(2)
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.startsWith('.') && file !== 'run.ts')
  // A file that exports is a part of others; a benchmark exports nothing.
  .filter((file) => !/^export /m.test(readFileSync(join(import.meta.dirname, file), 'utf8')))
  .map((file) => file.replace('.ts', ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
if (names.length === 0) throw new Error(`There is no benchmark called ${wanted.join(' or ')}.`)

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}`,
)
for (const name of names) {
  console.log(`\n== ${name}`)
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) process.exitCode = 1
}
