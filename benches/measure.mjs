// Running something often enough, and printing what came of it.
import { spawn } from 'node:child_process'
import { root } from '../scripts/lib.mjs'

/** The middle one. */
export function median(times) {
  const sorted = times.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** How long `work` takes by the clock, in milliseconds. */
export async function clock(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** How long `work`, all of which happens in this process, keeps a processor busy: a busy machine does not matter. */
export async function time(work) {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/**
 * Runs all of them in turn, so that whatever slows the machine down slows each; every one gives its own time. Gives the
 * medians, and the ratio of each to the first: the median of the ratios within a round.
 */
export async function inTurn(rounds, ...works) {
  const times = works.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, work] of works.entries()) times[index].push(await work())
  return {
    times: times.map(median),
    ratios: times.map((list) => median(list.map((time, round) => time / times[0][round]))),
  }
}

/** Runs a native measurement of a crate, with a text on standard input if it has a job; gives what it prints. */
export function native(crate, bench, job) {
  const of = ['bench', '--quiet', '--package', crate, '--no-default-features', '--bench', bench]
  const child = spawn('cargo', [...of, ...(job === undefined ? [] : ['--', '--job'])], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(job ?? '')
  let text = ''
  child.stdout.on('data', (data) => (text += data))
  return new Promise((done, fail) =>
    child.on('close', (code) => (code === 0 ? done(text) : fail(new Error(`cargo bench ended with ${code}`)))),
  )
}

export const title = (text, how) => console.log(`\n${text}\n  ${how}`)
export const line = (name, value, note = '') =>
  console.log(`  ${name.padEnd(52)}${value.padStart(12)}${note && `   ${note}`}`)
export const ms = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`
export const ratio = (value) => value.toFixed(2)
