// What the scripts share: paths, running a command, a clear end when something is wrong.
// Node's own modules only: setup has not run yet when this is loaded.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(fileURLToPath(import.meta.url), '../..')
export const windows = process.platform === 'win32'

// A Rust that was installed a minute ago is often not on the PATH of this shell yet.
process.env.PATH = [join(root, '.tools/bin'), process.env.PATH, join(homedir(), '.cargo/bin')].join(delimiter)
process.env.PLAYWRIGHT_BROWSERS_PATH ??= join(root, '.tools/browsers')

/** An end that is the reader's to mend: printed without a stack. */
export class Stop extends Error {}

/** Runs `main` and turns a {@link Stop} into a message and exit code 1. */
export async function script(main) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Stop ? `\n${error.message}` : error)
    process.exitCode = 1
  }
}

/** Says what is being done, in one line. */
export function say(text) {
  console.log(`\x1b[2m›\x1b[0m ${text}`)
}

/** Says what nobody may overlook. */
export function shout(text) {
  console.error(`\x1b[1;33m!! ${text}\x1b[0m`)
}

/** A heading between parts of a long output. */
export function heading(text) {
  console.log(`\n\x1b[1m== ${text} ==\x1b[0m`)
}

const times = []

/** Does a part of a long run, and notes how long it took. */
export async function timed(name, work) {
  const began = performance.now()
  await work()
  times.push(`${name} ${Math.round((performance.now() - began) / 1000)} s`)
}

/** Says how long the parts took. */
export function sayTimes() {
  say(`where the time went: ${times.join(', ')}`)
}

/** Runs a command with its output shown; stops if it fails. */
export async function run(command, args, options = {}) {
  const code = await new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options })
    child.on('error', fail)
    child.on('close', (code, signal) => done(signal ?? code))
  }).catch((error) => error.message)
  if (code !== 0) throw new Stop(`failed (${code}): ${command} ${args.join(' ')}`)
}

/** Runs a command and gives what it printed, or undefined if it is missing or failed. */
export function output(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  return result.status === 0 ? result.stdout.trim() : undefined
}

/** The path of the first of these commands that is on the PATH. */
export function onPath(...names) {
  const folders = process.env.PATH.split(delimiter).filter(Boolean)
  const endings = windows ? ['.exe', '.cmd', ''] : ['']
  for (const name of names)
    for (const folder of folders)
      for (const ending of endings) {
        const path = join(folder, name + ending)
        if (existsSync(path)) return path
      }
}

/** The version of a crate in Cargo.lock. */
export function locked(crate) {
  const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8')
  return lock.match(new RegExp(`name = "${crate}"\\r?\\nversion = "([^"]+)"`))?.[1]
}
