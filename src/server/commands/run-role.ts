import { parseArgs } from 'node:util'
import { runGateway } from '#server/run-gateway.ts'
import type { Command } from './command.ts'

// All run until they are asked to stop, which ends the process; the evaluation set-up always runs both roles.
export const runStart: Command = async ({ words, environment }) => keepRunning(words, () => runGateway(environment))
export const runServe: Command = async ({ words, environment }) =>
  keepRunning(words, () => runGateway(environment, ['serve']))
export const runWork: Command = async ({ words, environment }) =>
  keepRunning(words, () => runGateway(environment, ['work']))

async function keepRunning(words: readonly string[], start: () => Promise<void>): Promise<number> {
  parseArgs({ args: [...words], options: {} }) // refuses every word: what is set is set in the environment
  await start()
  return new Promise<number>(() => {})
}
