import type { Environment } from '#server/platform/setting-reader.ts'
import type { CommandIo } from '#server/policies/command-io.ts'

/** What a command is given: the words after its name, the terminal, and the environment for those that need settings. */
export interface CommandCall {
  readonly words: readonly string[]
  readonly io: CommandIo
  readonly environment: Environment
}

/** Answers the exit code: 0 all well, 1 something is wrong with what was looked at, 2 it could not be looked at. */
export type Command = (call: CommandCall) => Promise<number>
