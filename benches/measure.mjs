// Running something often enough, and printing what came of it.

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
 * Runs A and B in turn, so that whatever slows the machine down slows both. `A` and `B` give their own times.
 * The ratio is the median of the ratios of neighbours.
 */
export async function inTurn(runs, a, b) {
  const times = [[], []]
  for (let run = 0; run < runs; run++) {
    times[0].push(await a())
    times[1].push(await b())
  }
  return { a: median(times[0]), b: median(times[1]), ratio: median(times[1].map((time, run) => time / times[0][run])) }
}

export const title = (text, how) => console.log(`\n${text}\n  ${how}`)
export const line = (name, value, note = '') => console.log(`  ${name.padEnd(52)}${value.padStart(12)}${note && `   ${note}`}`)
export const ms = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`
export const ratio = (value) => value.toFixed(2)
