// Where the JavaScript runtimes are that npm has installed for this system.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ours } from './packed.mjs'

/** The file of a package that holds a runtime, for this system; undefined if there is none for it. */
function binary(scope, names) {
  const folder = ours(scope)
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = names.map((file) => join(folder, name, file)).find(existsSync)
    if (path) return path
  }
  return undefined
}

export const deno = binary('@deno', ['deno', 'deno.exe'])
export const bun = binary('@oven', ['bin/bun', 'bin/bun.exe'])
