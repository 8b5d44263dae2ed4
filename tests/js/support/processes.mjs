// Starts processes that migrate, and kills them.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { quick } from './pglite.mjs'

const script = fileURLToPath(new URL('process.mjs', import.meta.url))

/**
 * Starts a process that opens a database (`url` or `dataDir`), and waits until it has. `back`: it goes back by one.
 *
 * `go()` lets it migrate; `ended` resolves to `{ result }`, `{ error }` or `{ signal }`, and in each case `events`.
 */
export async function startProcess(work) {
  const child = spawn(process.execPath, [...quick, script, JSON.stringify(work)], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  const events = []
  let outcome = {}
  let rest = ''
  let trouble = ''
  let ready
  const isReady = new Promise((done) => (ready = done))
  let onEvent = () => {}
  child.stderr.on('data', (text) => (trouble += text))
  child.stdout.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (line === 'ready') ready()
      else {
        const said = JSON.parse(line)
        if (said.kind) {
          events.push(said)
          onEvent(said)
        } else outcome = said
      }
    }
  })
  const ended = new Promise((done) =>
    child.once('close', (exitCode, signal) => done({ ...outcome, signal, exitCode, events, trouble })),
  )
  const first = await Promise.race([isReady, ended])
  if (first) throw new Error(`the process did not start: ${first.trouble}`)
  return {
    pid: child.pid,
    ended,
    go: () => child.stdin.write('go\n'),
    kill: () => child.kill('SIGKILL'),
    /** Resolves when an event comes that `wanted` accepts. */
    seen: (wanted) => new Promise((done) => (onEvent = (event) => wanted(event) && done(event))),
  }
}

/** Starts as many processes, lets them migrate at the same moment, and waits for their ends. */
export async function startTogether(count, work) {
  const processes = await Promise.all(Array.from({ length: count }, () => startProcess(work)))
  processes.forEach((process) => process.go())
  return Promise.all(processes.map(({ ended }) => ended))
}
