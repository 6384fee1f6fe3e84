import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { answerLine } from './check-text.ts'
import { exitCode, readLines, writeAll, type CommandIo } from './command-io.ts'
import { evaluatePost } from './evaluate-post.ts'
import { exampleInput } from './example-input.ts'
import { loadPolicy } from './load-policy.ts'
import { paintEvaluation } from './paint-evaluation.ts'
import type { CompiledPolicy } from './policy.ts'
import { readPolicyFiles, shippedPolicies } from './read-policy-files.ts'
import { reportUnusable } from './run-policy-test.ts'

const usage = 'policy check [file | -] [--policy FILE-OR-FOLDER] [--lang fr|en] [--json]\n'

/**
 * `policy check <file|->`: shows what policy says of a text, with its hits marked. `--json` reads JSON lines
 * `{ id, text, lang?, … }` and answers each, in order, with one JSON line. Needs no database. Answers the exit code:
 * 0 nothing found (with `--json`: every line answered), 1 something found (a line that could not be read), 2 no policy.
 */
export async function runPolicyCheck(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args)
  if (options === undefined) {
    io.stderr.write(usage)
    return exitCode.unusable
  }
  try {
    const policy = loadPolicy(await readPolicyFiles(options.policy))
    const input = options.file === '-' ? io.stdin : createReadStream(options.file)
    return await (options.json ? answerLines(policy, input, io) : showText(policy, input, options.lang, io))
  } catch (error) {
    return reportUnusable(error, io, (error as NodeJS.ErrnoException).path ?? options.file)
  }
}

interface CheckOptions {
  readonly policy: string
  readonly lang: 'fr' | 'en' | undefined
  readonly json: boolean
  readonly file: string
}

function readOptions(args: readonly string[]): CheckOptions | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { policy: { type: 'string' }, lang: { type: 'string' }, json: { type: 'boolean' } },
    })
    if (positionals.length > 1 || (values.lang !== undefined && values.lang !== 'fr' && values.lang !== 'en'))
      return undefined
    return {
      policy: values.policy ?? shippedPolicies,
      lang: values.lang,
      json: values.json === true,
      file: positionals[0] ?? '-',
    }
  } catch {
    return undefined
  }
}

const flushAt = 64 * 1024

async function answerLines(
  policy: CompiledPolicy,
  input: AsyncIterable<Uint8Array | string>,
  io: CommandIo,
): Promise<number> {
  let code: number = exitCode.good
  let waiting = ''
  let number = 0
  for await (const line of readLines(input)) {
    number++
    if (line.trim() === '') continue
    const answer = answerLine(policy, line, number, io.now)
    if ('error' in answer) code = exitCode.found
    waiting += `${JSON.stringify(answer)}\n`
    if (waiting.length < flushAt) continue
    await writeAll(io.stdout, waiting)
    waiting = ''
  }
  if (waiting !== '') await writeAll(io.stdout, waiting)
  return code
}

async function showText(
  policy: CompiledPolicy,
  input: AsyncIterable<Uint8Array | string>,
  lang: 'fr' | 'en' | undefined,
  io: CommandIo,
): Promise<number> {
  const text = await readText(input)
  if (text === undefined || text === '' || text.length > longestText) {
    io.stderr.write(`${text === undefined ? notText : text === '' ? noText : tooLong}\n`)
    return exitCode.unusable
  }
  const post = { ...exampleInput.post, text, ...(lang === undefined ? {} : { language: lang }) }
  const evaluation = evaluatePost(policy, { ...exampleInput, post, now: io.now() })
  await writeAll(io.stdout, paintEvaluation(text, evaluation, io))
  return evaluation.verdict === 'pass' ? exitCode.good : exitCode.found
}

const longestText = 100_000
const notText = 'This is no text in UTF-8. Save the post as plain text and try again.'
const noText = 'There is no text to check: the file is empty.'
const tooLong = 'The text is longer than 100,000 characters, which no post is. Cut it.'

/** The text of one post, no further than a post goes; undefined where the bytes are no UTF-8. */
async function readText(input: AsyncIterable<Uint8Array | string>): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  try {
    for await (const chunk of input) {
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
      if (text.length > 2 * longestText) return text
    }
    return (text + decoder.decode()).trimEnd()
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
