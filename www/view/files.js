// The list of files, and the editor.
import { sorted } from '../files.js'
import { byId, count, make, replace } from './dom.js'

/** Shows the files. `actions`: `select(path)`, `hold(path)`. */
export function showFiles(state, actions) {
  const standing = standings(state)
  byId('set-name').textContent = `${state.title} · ${count(Object.keys(state.files).length, 'file')}`
  replace(
    byId('files'),
    sorted(Object.keys(state.files)).map((path) => {
      const held = state.held.has(path)
      const changed =
        state.original[path] === undefined ? 'new' : state.original[path] !== state.files[path] ? 'changed' : ''
      const at = path.lastIndexOf('/') + 1
      return make(
        'li',
        { class: held ? 'held' : undefined },
        make(
          'button',
          {
            type: 'button',
            class: 'file',
            'data-key': `file ${path}`,
            'aria-current': path === state.selected && 'true',
            click: () => actions.select(path),
          },
          make('i', { class: `dot ${held ? '' : (standing.get(path) ?? '')}` }),
          make(
            'span',
            { class: 'path' },
            at > 0 && make('span', { class: 'folder' }, path.slice(0, at)),
            path.slice(at),
          ),
          changed && make('em', {}, changed),
        ),
        make(
          'button',
          {
            type: 'button',
            class: 'hold quiet',
            'data-key': `hold ${path}`,
            'aria-pressed': String(held),
            'aria-label': `Hold ${path} back`,
            click: () => actions.hold(path),
          },
          held ? 'let in' : 'hold back',
        ),
      )
    }),
  )
}

/** path -> how its decision is coloured. */
function standings({ plan, problem }) {
  const standing = new Map()
  for (const { path, action, severity } of plan?.decisions ?? []) if (path) standing.set(path, severity ?? action)
  for (const { at, severity } of plan?.findings ?? []) if (at) standing.set(at.path, severity)
  if (problem?.at) standing.set(problem.at.path, 'error')
  return standing
}

/** Shows the selected file in the editor, unless that is where the text comes from. */
export function showEditor({ selected, files }) {
  const text = byId('text')
  byId('editor-title').textContent = selected ?? 'No file'
  text.disabled = selected === undefined
  const value = files[selected] ?? ''
  if (text.value !== value) text.value = value
  const lines = value.split('\n').length
  byId('lines').textContent = Array.from({ length: lines }, (_, index) => index + 1).join('\n')
}

/** Puts the cursor of the editor at a place. Columns count code points. */
export function goTo({ line, column }) {
  const text = byId('text')
  const lines = text.value.split('\n')
  const before = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0)
  const start = before + [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length
  text.focus()
  text.setSelectionRange(start, before + (lines[line - 1] ?? '').length)
  const height = parseFloat(getComputedStyle(text).lineHeight)
  text.scrollTop = Math.max(0, (line - 4) * height)
}
