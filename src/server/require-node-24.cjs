// Loaded before everything else (node --require), in words that every Node reads: an older one cannot load .ts files.
'use strict'

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    'The gateway runs on Node 24; this is Node ' +
      process.versions.node +
      '.\n' +
      'Run "npm ci" (it brings Node 24 for Linux x64 and arm64) and start with "npm start", or install Node 24.',
  )
  process.exit(1)
}

// Compiled code is kept beside the packages, which saves half of a later start. Where that folder is read-only, nothing is kept.
require('node:module').enableCompileCache(require('node:path').join(__dirname, '../../node_modules/.cache/compile'))
