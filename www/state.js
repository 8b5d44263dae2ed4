// What the page knows, in one object, and who wants to hear when it changes.

/**
 * - `title`: what the set is called
 * - `files`: path -> text; `original`: the same, as it was opened
 * - `held`: paths that are kept out of the set for now
 * - `selected`: the path in the editor
 * - `plan`, `readiness`, `ledger`: what the database and the planner said last
 * - `problem`: the error of the last plan; `outcome`: what the last run did, or its error
 * - `lint`: what lint found last, or `{ error }`; undefined until it is asked for
 * - `progress`: the last event of a run under way
 * - `busy`: what is being done, in words
 */
export const state = {
  title: '',
  files: {},
  original: {},
  held: new Set(),
  selected: undefined,
  plan: undefined,
  readiness: undefined,
  ledger: undefined,
  problem: undefined,
  outcome: undefined,
  lint: undefined,
  progress: undefined,
  busy: undefined,
}

const listeners = []

/** Calls `listener` after every change, with the names of what changed. */
export function onChange(listener) {
  listeners.push(listener)
}

/** Changes the state. */
export function change(patch) {
  Object.assign(state, patch)
  const names = new Set(Object.keys(patch))
  for (const listener of listeners) listener(names)
}

/** The migration set: every file that is not held back. */
export function migrations() {
  return Object.fromEntries(Object.entries(state.files).filter(([path]) => !state.held.has(path)))
}
