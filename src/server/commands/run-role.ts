import { runGateway } from '#server/run-gateway.ts'
import type { Command } from './command.ts'

// All run until they are asked to stop, which ends the process; the evaluation set-up always runs both roles.
export const runStart: Command = async ({ environment }) => keepRunning(() => runGateway(environment))
export const runServe: Command = async ({ environment }) => keepRunning(() => runGateway(environment, ['serve']))
export const runWork: Command = async ({ environment }) => keepRunning(() => runGateway(environment, ['work']))

async function keepRunning(start: () => Promise<void>): Promise<number> {
  await start()
  return new Promise<number>(() => {})
}
