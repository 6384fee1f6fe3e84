import type { Command } from './command.ts'

export interface CommandEntry {
  /** The command with every word and option that it takes. */
  readonly usage: string
  readonly does: string
  /** Loads the command only when it is asked for, so that none waits for another's parts. */
  load(): Promise<Command>
}

/** Every command by its first words, in the order of the help. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  start: {
    usage: 'start',
    does: 'runs the gateway, as npm start does',
    load: async () => (await import('./run-role.ts')).runStart,
  },
  serve: {
    usage: 'serve',
    does: 'answers the console and the API',
    load: async () => (await import('./run-role.ts')).runServe,
  },
  work: {
    usage: 'work',
    does: 'seals, publishes and exports',
    load: async () => (await import('./run-role.ts')).runWork,
  },
  migrate: {
    usage: 'migrate [--login <name>]',
    does: 'brings the database to the program’s schema; needs GATEWAY_DATABASE_OWNER_URL alone',
    load: async () => (await import('./migrate-database.ts')).runMigrate,
  },
  'policy test': {
    usage: 'policy test [file|folder] [--words]',
    does: 'runs the examples that every rule carries; needs no configuration',
    load: async () => {
      const { runPolicyTest } = await import('#server/policies/run-policy-test.ts')
      return ({ words, io }) => runPolicyTest(words, io)
    },
  },
  'policy check': {
    usage: 'policy check [file|-] [--policy <file|folder>] [--lang fr|en] [--json]',
    does: 'shows what policy says of a text; needs no configuration',
    load: async () => {
      const { runPolicyCheck } = await import('#server/policies/run-policy-check.ts')
      return ({ words, io }) => runPolicyCheck(words, io)
    },
  },
  'policy simulate': {
    usage:
      'policy simulate --as <e-mail|subject> (--policy <file|folder> | --version <version>) [--from <time>] [--to <time>] [--anew] [--json]',
    does: 'runs a draft over what was handed in before',
    load: async () => (await import('./simulate-draft.ts')).runPolicySimulate,
  },
  'archive verify': {
    usage: 'archive verify [--recent] [--json]',
    does: 'recomputes every hash from the object store and compares the database',
    load: async () => (await import('./verify-archive.ts')).runArchiveVerify,
  },
  'archive rebuild': {
    usage: 'archive rebuild',
    does: 'brings back from the object store what the database lost',
    load: async () => (await import('./rebuild-archive.ts')).runArchiveRebuild,
  },
  export: {
    usage:
      'export --as <e-mail|subject> --reason <why> --out <file.zip> [--from <time>] [--to <time>] [--author <id>] [--profile <id>] [--unit <id>] [--stream] [--q <words>] [--recipient <who>] [--zone <IANA zone>]',
    does: 'makes an export in a person’s name; without the database see export --from-bucket and export enter',
    load: async () => (await import('./export-records.ts')).runExport,
  },
  'export --from-bucket': {
    usage:
      'export --from-bucket --as <name> --reason <why> --out <file.zip> [--key <verifier key>] [--from <time>] [--to <time>] [--author <id>] [--actor <id>] [--profile <id>] [--post <id>] [--network <name>] [--type <types>] [--verdict <verdict>] [--unit <id>]… [--format csv|html|eml]… [--recipient <who>] [--zone <IANA zone>] [--despite-damage]',
    does: 'the same without the database, from the bucket and the log’s key alone',
    load: async () => (await import('./export-from-bucket.ts')).runBucketExport,
  },
  'export enter': {
    usage: 'export enter <export.zip> --as <e-mail|subject>',
    does: 'records an export that was made from the bucket while the database was away',
    load: async () => (await import('./enter-export.ts')).runEnterExport,
  },
  verify: {
    usage:
      'verify <export.zip> [--key <verifier key>] [--witness <its verifier key>]… [--tsa <certificates.pem>] [--unsigned] [--json]',
    does: 'verifies an export offline; needs no configuration',
    load: async () => (await import('./verify-package.ts')).runVerify,
  },
  'user grant': {
    usage: 'user grant <e-mail|subject> <role[@unit]>',
    does: 'gives a role while nobody is administrator yet',
    load: async () => (await import('./grant-user.ts')).runUserGrant,
  },
}

/** The help: every command. */
export function describeCommands(): string {
  return `${listCommands(Object.values(commandTable))}\nA command with --help tells what it takes.\n`
}

/** The help of the commands that begin with this word and another; undefined where there is none. */
export function describeGroup(group: string): string | undefined {
  const names = Object.keys(commandTable).filter((name) => name.startsWith(`${group} `))
  return names.length === 0 ? undefined : listCommands(names.map((name) => commandTable[name]!))
}

function listCommands(entries: readonly CommandEntry[]): string {
  return `npm run gateway -- <command>\n\n${entries.map(describe).join('')}`
}

/** The help of one command. */
export function describeCommand(entry: CommandEntry): string {
  return `npm run gateway -- <command>\n\n${describe(entry)}`
}

function describe({ usage, does }: CommandEntry): string {
  return `  ${wrap(usage).join('\n        ')}\n      ${does}\n`
}

const widest = 100

/** Cuts before an option, a parenthesis or a bracket, never inside. */
function wrap(usage: string): string[] {
  const lines = ['']
  for (const part of usage.split(/ (?=\[|\(|--(?!.*\)))/)) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + part.length >= widest) lines.push(part)
    else lines[lines.length - 1] = line === '' ? part : `${line} ${part}`
  }
  return lines
}

/** The command that the words begin with, and the words after its name. */
export function findCommand(words: readonly string[]): { entry: CommandEntry; rest: string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const entry = Object.hasOwn(commandTable, name) ? commandTable[name] : undefined
    if (entry !== undefined && words.length >= length) return { entry, rest: words.slice(length) }
  }
  return undefined
}
