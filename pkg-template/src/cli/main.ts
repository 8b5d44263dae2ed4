#!/usr/bin/env node
// The file that is run. Node keeps the compiled form of what it loads after this, where it can.
import nodeModule, { createRequire } from 'node:module'

;(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.()
// Faster than `import`, which would load all of Node that any command uses.
const { program } = createRequire(import.meta.url)('./program.cjs') as typeof import('./program.js')
process.exitCode = await program(process.argv.slice(2))
