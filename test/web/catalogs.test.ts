import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { formatter } from '@lingui/format-po'

const project = fileURLToPath(new URL('../..', import.meta.url))
const locales = ['en', 'fr'] as const
const folder = await mkdtemp(join(tmpdir(), 'catalogs-'))
after(() => rm(folder, { recursive: true, force: true }))

/** Messages of one catalog file by their id; an obsolete one counts as any other. */
async function readCatalog(directory: string, locale: string) {
  const filename = join(directory, `${locale}.po`)
  const text = await readFile(filename, 'utf8')
  return Object.entries(await formatter().parse(text, { locale, sourceLocale: 'en', filename }))
}

/** Extracts the messages of the sources beside the project's own catalogs, as `lingui extract` would. */
async function extractMessages(): Promise<void> {
  const config = join(folder, 'lingui.config.json')
  const catalog = { path: join(folder, '{locale}'), include: ['<rootDir>/src/web'] }
  await writeFile(config, JSON.stringify({ rootDir: project, sourceLocale: 'en', locales, catalogs: [catalog] }))
  const program = fileURLToPath(import.meta.resolve('@lingui/cli')).replace(/index\.js$/, 'lingui.js')
  await promisify(execFile)(process.execPath, [program, 'extract', '--workers', '1', '--config', config], {
    cwd: project,
  })
}

const committed = join(project, 'src/web/locales')

test('The catalogs hold the messages of the sources: none is missing, none is left over', async () => {
  await extractMessages()
  for (const locale of locales) {
    const known = new Map(await readCatalog(committed, locale))
    const wanted = new Map(await readCatalog(folder, locale))
    assert.ok(wanted.size > 300, 'the sources were read')
    const missing = [...wanted].filter(([id]) => !known.has(id)).map(([, { message }]) => message)
    const leftOver = [...known].filter(([id]) => !wanted.has(id)).map(([, { message }]) => message)
    assert.deepEqual({ locale, missing, leftOver }, { locale, missing: [], leftOver: [] }, 'run lingui extract --clean')
  }
})

test('Every message has its French', async () => {
  const untranslated = (await readCatalog(committed, 'fr'))
    .filter(([, { translation = '' }]) => translation.trim() === '')
    .map(([, { message }]) => message)
  assert.deepEqual(untranslated, [])
})

test('A French message names the same values and the same tags as the English one', async () => {
  const different = (await readCatalog(committed, 'fr'))
    .filter(([, { message = '', translation = '' }]) => slotsOf(message).join() !== slotsOf(translation).join())
    .map(([, { message, translation }]) => `${message} → ${translation}`)
  assert.deepEqual(different, [])
})

/** `{name}`, `{0}`, `{count, plural, …`, `<0>` and `</0>`, each once, in order of the alphabet. */
function slotsOf(text: string): string[] {
  return [...new Set(text.match(/\{\w+(?=[,}])|<\/?\d+\/?>/g))].toSorted()
}

test('French has a narrow no-break space before ; ? and !, and a no-break one before : and inside « »', async () => {
  const wrong = (await readCatalog(committed, 'fr'))
    .map(([, { translation = '' }]) => translation)
    .filter((text) =>
      /(?<!\u202F)[;?!](?=\s|$)|(?<![\u00A0\u202F]):(?=\s|$)|«(?![\u00A0\u202F])|(?<![\u00A0\u202F])»/.test(text),
    )
  assert.deepEqual(wrong, [])
})
