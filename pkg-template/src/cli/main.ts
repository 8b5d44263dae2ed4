#!/usr/bin/env node
// The file that is run. Node keeps the compiled form of what it loads after this, where it can.
import nodeModule from 'node:module'

;(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.()
const { program } = await import('./program.js')
process.exitCode = await program(process.argv.slice(2))
