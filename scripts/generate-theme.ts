import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

// MantineProvider would put its variables in a <style> element, which the page's policy refuses. This writes them as a file.
const root = join(import.meta.dirname, '..')
const source = `
import { DEFAULT_THEME, convertCssVariables, defaultCssVariablesResolver, mergeMantineTheme } from '@mantine/core'
import { theme } from '${join(root, 'src/web/ui/theme.ts')}'
export const css = convertCssVariables(defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme)), ':root')`
const name = '\0theme'
const output = await build({
  configFile: false,
  logLevel: 'error',
  root,
  ssr: { noExternal: true },
  build: { ssr: true, write: false, rollupOptions: { input: 'theme' } },
  plugins: [
    { name: 'theme', resolveId: (id) => (id === 'theme' ? name : null), load: (id) => (id === name ? source : null) },
  ],
})
const [bundle] = [output].flat()
if (bundle === undefined || !('output' in bundle)) throw new Error('Vite made no bundle.')
const folder = join(root, 'node_modules/.tmp')
await mkdir(folder, { recursive: true })
const file = join(folder, `theme-${process.pid}.mjs`)
await writeFile(file, bundle.output[0].code)
const { css } = (await import(pathToFileURL(file).href)) as { css: string }
await rm(file)
await writeFile(join(root, 'src/web/theme.gen.css'), `/* Written by scripts/generate-theme.ts. */\n${css}\n`)
