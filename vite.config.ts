import babel from '@rolldown/plugin-babel'
import { lingui } from '@lingui/vite-plugin'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src/web',
  plugins: [react(), babel({ plugins: ['@lingui/babel-plugin-lingui-macro'] }), lingui()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    manifest: true, // what belongs together, for the budgets of scripts/measure-console.ts
    assetsInlineLimit: 0, // the page's policy allows fonts and images of our own files only
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: 'es2023',
  },
})
