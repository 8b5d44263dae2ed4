// The ways on that a help names as calls of `stamp`.
import assert from 'node:assert/strict'

const call = /stamp\(db, migrations, (?:\[.*?\]|versions)(?:, \{.*?\})?\)/g

/**
 * The calls in a help text, in order: each has its `text`, and is a function that makes it, as somebody would who pastes
 * it. `versions` are those for a call that leaves them open.
 */
export function stampsOf(help, { stamp }) {
  const found = help.match(call) ?? []
  assert.ok(found.length > 0, help)
  return found.map((text) => {
    const made = new Function('stamp', 'db', 'migrations', 'versions', `return ${text}`)
    const make = (db, migrations, options, versions) =>
      made((db, set, listed, own) => stamp(db, set, listed, { ...own, ...options }), db, migrations, versions)
    return Object.assign(make, { text })
  })
}
