// The core in workerd, against an empty Worker in the same process. A Worker's own clock stands still while it works, so
// the time is that of requests, seen from outside.
import { join } from 'node:path'
import { root } from '../scripts/lib.mjs'
import { bundleWorker, startWorkers } from '../tests/packaging/support/workers.mjs'
import { clock, inTurn, line, ms, ratio, title } from './measure.mjs'

const rounds = 15

export async function workerd() {
  const empty = [{ type: 'ESModule', path: 'index.mjs', contents: `export default { fetch: () => Response.json(0) }` }]
  const modules = await bundleWorker(join(root, 'benches/workerd-app.js'), { minify: true })
  // A new Worker for every first request.
  const each = (kind, modules) => Array.from({ length: rounds + 1 }, (_, at) => ({ name: `${kind}${at}`, modules }))
  const workers = await startWorkers([...each('empty', empty), ...each('core', modules), ...each('plan', modules)])
  try {
    const next = (kind, path) => {
      let at = 0
      return () => clock(() => workers.fetch(`${kind}${at++}`, path))
    }
    // The first request of all also finds its way.
    await Promise.all([workers.fetch(`empty${rounds}`), workers.fetch(`core${rounds}`), workers.fetch(`plan${rounds}`)])

    title(
      'workerd: the first request to a Worker',
      `by the clock, medians of ${rounds} Workers of each kind in one process`,
    )
    const first = await inTurn(rounds, next('empty', '/'), next('core', '/'), next('plan', '/?plans=1'))
    line('an empty Worker', ms(first.times[0]))
    line('one that instantiates the core', ms(first.times[1]), `${ratio(first.ratios[1])} times the empty one`)
    line('one that then plans 100 files', ms(first.times[2]), `${ratio(first.ratios[2])} times the empty one`)

    title('workerd: a later request', `by the clock, medians of ${rounds} rounds`)
    const again = (name, path) => () => clock(() => workers.fetch(name, path))
    const later = await inTurn(
      rounds,
      again('empty0', '/'),
      again('core0', '/'),
      again('core0', '/?plans=1'),
      again('core0', '/?plans=20'),
    )
    line('an empty Worker', ms(later.times[0]))
    line('the core is there, nothing is planned', ms(later.times[1]), `${ratio(later.ratios[1])} times the empty one`)
    line('a plan of 100 files', ms(later.times[2]), `${ratio(later.ratios[2])} times the empty one`)
    line('20 plans of 100 files', ms(later.times[3]), `${ratio(later.ratios[3])} times the empty one`)
  } finally {
    await workers.stop()
  }
}
