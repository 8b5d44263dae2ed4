// A page with a database in IndexedDB: open in one tab at a time, with progress, and a screen for what goes wrong.
import { PGlite } from '@electric-sql/pglite'
import { open } from 'counterfoil/pglite'
import migrations from './migrations.js'

const [bar, line, list] = ['progress', 'p', 'ul'].map((name) => document.querySelector(name))

function onProgress({ kind, done, total }) {
  if (kind === 'waiting') line.textContent = 'This is open in another tab: close it there, and it goes on here.'
  if (kind !== 'step') return
  line.textContent = `Bringing your data up to date: ${done + 1} of ${total}`
  Object.assign(bar, { hidden: false, max: total, value: done })
}

try {
  const { db } = await open(() => PGlite.create('idb://guests'), migrations, { onProgress })
  bar.hidden = true
  await db.query('insert into guests (name) values ($1)', ['somebody'])
  const { rows } = await db.query('select name from guests order by id')
  line.textContent = `${rows.length} guests`
  for (const { name } of rows) list.append(Object.assign(document.createElement('li'), { textContent: name }))
} catch ({ code, message, help }) {
  bar.hidden = true
  line.textContent = `Your data could not be opened. ${code ?? 'A fault of this page'}: ${message}`
  list.append(Object.assign(document.createElement('li'), { textContent: help ?? 'load the page again' }))
}
