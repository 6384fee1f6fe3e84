import type { CommandIo } from './policies/command-io.ts'
import { systemClock } from './platform/clock.ts'

type Command = (args: readonly string[], io: CommandIo) => Promise<number>

/** Commands by their first words. Each is loaded only when it is asked for, so that none waits for another's parts. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'policy test': async () => (await import('./policies/run-policy-test.ts')).runPolicyTest,
  'policy check': async () => (await import('./policies/run-policy-check.ts')).runPolicyCheck,
}

function openIo(): CommandIo {
  const { LC_ALL: all, LANG: lang, NO_COLOR: plain } = process.env
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    colour: process.stdout.isTTY === true && (plain === undefined || plain === ''),
    locale: (all ?? lang ?? '').startsWith('fr') ? 'fr' : 'en',
    now: () => systemClock.now(),
  }
}

// A reader that stops early (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const words = process.argv.slice(2)
const name = [2, 1].map((length) => words.slice(0, length).join(' ')).find((words) => Object.hasOwn(commands, words))
if (name === undefined) {
  process.stderr.write(`Commands: ${Object.keys(commands).join(', ')}\n`)
  process.exitCode = 2
} else {
  const command = await commands[name]!()
  process.exitCode = await command(words.slice(name.split(' ').length), openIo())
}
