import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The description of the format, which lies in every package. */
export const packageReadme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
