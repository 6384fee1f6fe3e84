import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

export interface SourceText {
  readonly file: string
  /** The text as written; each value that is put in stands as `{}`. */
  readonly text: string
}

// The package has no types of its own; only the shapes below are used.
const { parseSync } = createRequire(import.meta.url)('@babel/core') as {
  parseSync: (source: string, options: object) => unknown
}

interface SyntaxNode {
  readonly type: string
  /** Of a string. */
  readonly value: string
  /** The parts of a template between its values. */
  readonly quasis: readonly { readonly value: { readonly cooked: string } }[]
}

/** Every string and template in the TypeScript files below a folder, by the compiler's own reading. */
export async function readSourceTexts(folder: string): Promise<SourceText[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts')).toSorted()
  const found = await Promise.all(
    names.map(async (file) => {
      const source = await readFile(join(folder, file), 'utf8')
      const tree = parseSync(source, { configFile: false, babelrc: false, parserOpts: { plugins: ['typescript'] } })
      return [...textsOf(tree)].map((text) => ({ file, text }))
    }),
  )
  return found.flat()
}

function* textsOf(node: unknown): Generator<string, void> {
  if (typeof node !== 'object' || node === null) return
  if (isNode(node)) {
    // A tagged template is SQL.
    if (node.type === 'TaggedTemplateExpression') return
    if (node.type === 'StringLiteral') yield node.value
    if (node.type === 'TemplateLiteral') yield node.quasis.map((quasi) => quasi.value.cooked).join('{}')
  }
  for (const part of Object.values(node)) yield* textsOf(part)
}

function isNode(node: object): node is SyntaxNode {
  return 'type' in node && typeof node.type === 'string'
}
