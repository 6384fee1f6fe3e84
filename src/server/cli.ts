import './require-node-24.cjs'
import { isatty } from 'node:tty'
import type { CommandIo } from '#server/policies/command-io.ts'
import { describeCommand, describeCommands, describeGroup, findCommand } from './commands/command-table.ts'
import { isExpected } from './expected-error.ts'
import { systemClock } from './platform/clock.ts'

function openIo(): CommandIo {
  const { LC_ALL: all, LANG: lang, NO_COLOR: plain } = process.env
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    colour: isatty(1) && (plain === undefined || plain === ''),
    locale: (all ?? lang ?? '').startsWith('fr') ? 'fr' : 'en',
    now: () => systemClock.now(),
  }
}

async function runCommandLine(words: readonly string[]): Promise<number> {
  const found = findCommand(words)
  if (found === undefined) return tellCommands(words)
  if (found.rest.includes('--help')) {
    process.stdout.write(describeCommand(found.entry))
    return 0
  }
  try {
    const command = await found.entry.load()
    return await command({ words: found.rest, io: openIo(), environment: process.env })
  } catch (error) {
    if (!isExpected(error)) throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
}

/** Help where it is asked for; else the words are no command, and what begins like them is told. */
function tellCommands(words: readonly string[]): number {
  const first = words[0] ?? '--help'
  const isAsked = first === 'help' || words.length === 0 || words.includes('--help')
  const help = describeGroup(first) ?? describeCommands()
  if (isAsked) process.stdout.write(help)
  else process.stderr.write(`There is no command “${words.join(' ')}”.\n\n${help}`)
  return isAsked ? 0 : 2
}

// A reader that stops early (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await runCommandLine(process.argv.slice(2))
