// The ledger as a table.
import { byId, count, make, replace } from './dom.js'

const columns = ['version', 'name', 'state', 'steps', 'origin', 'replaced_by', 'checksum', 'applied_at', 'duration_ms']

/** Shows the ledger's rows. */
export function showLedger({ ledger }) {
  byId('ledger-name').textContent = ledger
    ? `public.schema_migrations · ${count(ledger.length, 'row')}`
    : 'public.schema_migrations'
  if (!ledger?.length)
    return replace(
      byId('ledger'),
      make('p', { class: 'hint' }, ledger ? 'No rows.' : 'The table does not exist yet: the first run makes it.'),
    )
  const shown = columns.filter(
    (column) =>
      ['version', 'name', 'checksum', 'applied_at'].includes(column) || ledger.some((row) => cell(row, column) !== ''),
  )
  replace(
    byId('ledger'),
    make(
      'table',
      {},
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          shown.map((column) => make('th', { scope: 'col', class: column }, column)),
        ),
      ),
      make(
        'tbody',
        {},
        ledger.map((row) =>
          make(
            'tr',
            { class: row.state === 'running' ? 'running' : row.replaced_by ? 'replaced' : undefined },
            shown.map((column) => make('td', { class: column, title: title(row, column) }, cell(row, column))),
          ),
        ),
      ),
    ),
  )
}

function cell(row, column) {
  if (column === 'steps') return row.steps_total == null ? '' : `${row.steps_done} of ${row.steps_total}`
  const value = row[column]
  if (value == null) return ''
  if (column === 'checksum') return `${value.replace('sha256:', '').slice(0, 12)}…`
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, 19)
  return String(value)
}

const title = (row, column) => (column === 'checksum' ? (row.checksum ?? undefined) : undefined)
