// What lint found.
import { byId, count, replace } from './dom.js'
import { findingItem } from './plan.js'

/** Shows it. `actions`: `goTo(location)`. */
export function showLint({ lint }, actions) {
  const found = lint?.error
    ? [
        {
          severity: 'error',
          code: lint.error.code,
          message: lint.error.message,
          help: lint.error.help,
          at: lint.error.at,
        },
      ]
    : (lint?.findings ?? [])
  byId('lint-summary').textContent = lint ? summary(lint) : ''
  replace(
    byId('lint-findings'),
    found.map((finding) => findingItem(finding, actions)),
  )
}

function summary({ error, counts, files }) {
  if (error) return 'refused'
  const parts = ['error', 'warning', 'note']
    .filter((severity) => counts[severity] > 0)
    .map((severity) => count(counts[severity], severity))
  return parts.join(' · ') || `nothing found in ${count(files, 'file')}`
}
