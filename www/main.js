// The page: what the buttons do, and what is shown when something changes.
import * as changes from './changes.js'
import * as database from './database.js'
import * as example from './example.js'
import { chosenFolder, droppedFolder, sorted } from './files.js'
import { change, migrations, onChange, state } from './state.js'
import { byId } from './view/dom.js'
import { goTo, showEditor, showFiles } from './view/files.js'
import { showLedger } from './view/ledger.js'
import { showLint } from './view/lint.js'
import { showOutcome, showPlan, showReadiness } from './view/plan.js'

const actions = {
  select: (path) => change({ selected: path }),
  hold(path) {
    const held = new Set(state.held)
    if (!held.delete(path)) held.add(path)
    change({ held })
    look()
  },
  goTo(at) {
    if (at.path in state.files) change({ selected: at.path })
    goTo(at)
  },
}

onChange((names) => {
  const has = (...wanted) => wanted.some((name) => names.has(name))
  if (has('files', 'held', 'selected', 'plan', 'problem', 'title', 'original')) showFiles(state, actions)
  if (has('files', 'selected')) showEditor(state)
  if (has('plan', 'problem', 'busy')) showPlan(state, actions)
  if (has('outcome', 'progress')) showOutcome(state, actions)
  if (has('readiness')) showReadiness(state)
  if (has('ledger')) showLedger(state)
  if (has('lint')) showLint(state, actions)
  showButtons()
})

function showButtons() {
  const { busy, plan, problem, ledger, files, original } = state
  const decisions = plan?.decisions ?? []
  const work = decisions.some(
    ({ action, code }) => action === 'apply' || action === 'adopt' || code === 'renumbered' || code === 'renamed',
  )
  const errors = decisions.some(({ severity }) => severity === 'error')
  byId('apply').disabled = !!busy || !!problem || !(work || errors)
  byId('lint').disabled = !!busy
  byId('rollback').disabled = !!busy || !ledger?.length
  byId('undo').disabled = files === original && state.held.size === 0
  const applied = decisions.some(({ action, path }) => action === 'skip' && path in files)
  const possible = {
    gap: applied && changes.lateFile(files, decisions),
    cosmetic: applied,
    semantic: applied,
    'same-version': applied && changes.sameVersion(files, decisions),
    squash: original === example.migrations,
    database: true,
  }
  for (const button of document.querySelectorAll('[data-try]')) {
    button.disabled = !!busy || !possible[button.dataset.try]
    button.title = button.disabled && !busy && !applied ? 'Apply first' : ''
  }
}

// Work on the database, one thing after the other.
let turn = Promise.resolve()
function inTurn(words, work) {
  turn = turn.then(async () => {
    change({ busy: words })
    try {
      await work()
    } catch (error) {
      // A MigrationError is the reader's business and is caught where it arises.
      console.error(error)
      change({
        outcome: { verb: words, error: { code: 'unexpected', message: String(error?.message ?? error), help: '' } },
      })
    }
    change({ busy: undefined })
  })
  return turn
}

/** Plans again and reads the ledger. */
async function lookNow() {
  const set = migrations()
  let [plan, problem, readiness] = []
  try {
    plan = await database.planNow(set)
    readiness = await database.readyNow(set)
  } catch (error) {
    if (error?.name !== 'MigrationError') throw error
    problem = error
  }
  change({ plan, problem, readiness, ledger: await database.ledgerNow() })
  if (state.lint) await lintNow()
}

/** Looks at the files. The module for it is larger than the core, so it is loaded when it is first asked for. */
async function lintNow() {
  const { lint } = await import('counterfoil/lint')
  try {
    change({ lint: await lint(migrations()) })
  } catch (error) {
    if (error?.name !== 'MigrationError') throw error
    change({ lint: { error } })
  }
}

const look = () => inTurn('planning…', lookNow)

/** The file that is selected at first. */
function first(files) {
  const paths = sorted(Object.keys(files))
  return paths.find((path) => path.endsWith('.sql')) ?? paths[0]
}

/** Opens a set on an empty database. */
function openSet({ title, files }) {
  return inTurn('starting PostgreSQL…', async () => {
    change({
      title,
      files,
      original: files,
      held: new Set(),
      selected: first(files),
      plan: undefined,
      problem: undefined,
      outcome: undefined,
      ledger: undefined,
      lint: undefined,
    })
    await database.openDatabase(files)
    await lookNow()
  })
}

/** Runs something that writes, and shows what came of it. */
function run(verb, work) {
  return inTurn(`${verb}…`, async () => {
    const onProgress = (event) => change({ progress: event.kind === 'step' ? event : { ...state.progress, ...event } })
    let outcome
    try {
      outcome = { verb, result: await work(migrations(), onProgress) }
    } catch (error) {
      if (error?.name !== 'MigrationError') throw error
      outcome = { verb, error }
    } finally {
      change({ progress: undefined })
    }
    change({ outcome })
    await lookNow()
  })
}

/** Changes the files, selects one of them and plans again. */
function edit(files, selected = state.selected) {
  change({ files, selected: selected in files ? selected : first(files), outcome: undefined })
  return look()
}

/** The file that an edit is made in: the selected one if it is applied, else the last that is. */
function shipped() {
  const applied = state.plan.decisions
    .filter(({ action, path }) => action === 'skip' && path in state.files)
    .map(({ path }) => path)
  return applied.includes(state.selected) ? state.selected : applied.at(-1)
}

const tries = {
  gap: () => add(changes.lateFile(state.files, state.plan.decisions)),
  cosmetic: () => rewrite(changes.cosmeticEdit),
  semantic: () => rewrite(changes.semanticEdit),
  'same-version': () => add(changes.sameVersion(state.files, state.plan.decisions)),
  squash: () => edit(example.squashed),
  database: () => openSet({ ...state, files: state.files }),
}
const add = ({ path, text }) => edit({ ...state.files, [path]: text }, path)
const rewrite = (how) => edit({ ...state.files, [shipped()]: how(state.files[shipped()]) }, shipped())
const openExample = () => openSet({ title: 'Example: a ticket office', files: example.migrations })

byId('apply').addEventListener('click', () => run('migrate', database.migrateNow))
byId('rollback').addEventListener('click', () => run('rollback', database.rollbackNow))
byId('undo').addEventListener('click', () => (change({ held: new Set() }), edit(state.original)))
byId('lint').addEventListener('click', () => inTurn('linting…', lintNow))
byId('example').addEventListener('click', openExample)
for (const button of document.querySelectorAll('[data-try]'))
  button.addEventListener('click', () => tries[button.dataset.try]())

// A folder, chosen or dropped.
byId('open').addEventListener('click', () => byId('chooser').click())
byId('chooser').addEventListener('change', async ({ target }) => {
  take(await chosenFolder(target.files))
  target.value = ''
})
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop'])
  addEventListener(kind, (event) => {
    event.preventDefault()
    const inside = kind === 'dragenter' || kind === 'dragover' || (kind === 'dragleave' && event.relatedTarget !== null)
    byId('drop').hidden = !inside
  })
addEventListener('drop', async (event) => take(await droppedFolder(event.dataTransfer)))

function take(set) {
  if (set) return openSet(set)
  change({
    outcome: {
      verb: 'open',
      error: {
        code: 'no-files',
        message: 'there are no .sql files in that folder',
        help: 'drop the folder that holds the migrations',
      },
    },
  })
}

// Typing in the editor.
let typing
byId('text').addEventListener('input', ({ target }) => {
  change({ files: { ...state.files, [state.selected]: target.value } })
  clearTimeout(typing)
  typing = setTimeout(look, 200)
})
byId('text').addEventListener(
  'scroll',
  ({ target }) => (byId('lines').style.transform = `translateY(${-target.scrollTop}px)`),
)

await openExample()
