// The ways on that a help names as calls of `stamp`.
import assert from 'node:assert/strict'

const call = /stamp\(db, migrations, (?:\[.*?\]|versions)(?:, \{.*?\})?\)/g

/** The calls in a help text, in order, each as a function that makes it. */
export function stampsOf(help, { stamp }) {
  const found = help.match(call) ?? []
  assert.ok(found.length > 0, help)
  // Whoever reads a help pastes it.
  return found.map((text) => {
    const made = new Function('stamp', 'db', 'migrations', `return ${text}`)
    return Object.assign(
      (db, migrations, options) => {
        const withOptions = (db, migrations, versions, own) => stamp(db, migrations, versions, { ...own, ...options })
        return made(withOptions, db, migrations)
      },
      { text },
    )
  })
}
