// A reporter for Node's test runner: which files took longest, so that what grows is seen.

/** How many are named. */
const most = 20

export default async function* longest(events) {
  const files = new Map()
  for await (const { type, data } of events) {
    // What is inside of another test or suite is part of its time.
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting > 0 || !data.file) continue
    files.set(data.file, (files.get(data.file) ?? 0) + data.details.duration_ms)
  }
  const sorted = [...files].sort(([, one], [, other]) => other - one)
  const all = sorted.reduce((sum, [, took]) => sum + took, 0)
  yield `what took longest, of ${seconds(all)} in ${files.size} files:\n`
  for (const [file, took] of sorted.slice(0, most)) yield `${seconds(took).padStart(8)}  ${file.split('/').at(-1)}\n`
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
