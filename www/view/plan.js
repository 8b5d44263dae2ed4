// The plan as a timeline, readiness, and what came of the last run.
import { byId, count, make, replace } from './dom.js'

const signs = { skip: '✓', apply: '▶', adopt: '⇥', drift: '!' }

/** Shows the plan. `actions`: `goTo(location)`, `select(path)`. */
export function showPlan(state, actions) {
  const { plan, problem } = state
  byId('planning').setAttribute('aria-busy', String(!!state.busy))
  byId('summary').textContent = state.busy ?? (problem ? 'refused' : plan ? summary(plan) : '')
  if (problem)
    return replace(
      byId('timeline'),
      item('error', '!', [make('p', { class: 'what' }, tag(problem.code, 'error'))], words(problem, actions)),
    )
  replace(
    byId('timeline'),
    (plan?.findings ?? []).map((finding) => findingItem(finding, actions)),
    (plan?.decisions ?? []).map((decision) => decisionItem(decision, actions)),
  )
}

/** What the plan comes to, in a few words. */
export function summary({ decisions, findings }) {
  const number = (test) => decisions.filter(test).length
  const errors =
    number(({ severity }) => severity === 'error') + findings.filter(({ severity }) => severity === 'error').length
  const gaps = number(({ gap }) => gap)
  const parts = [
    [errors, count(errors, 'error')],
    [number(({ action }) => action === 'apply'), 'to apply'],
    [gaps, count(gaps, 'gap')],
    [number(({ action }) => action === 'adopt'), 'to adopt'],
    [number(({ action, severity }) => action === 'drift' && severity !== 'error'), 'drifted'],
    [number(({ action }) => action === 'skip'), 'there'],
  ].filter(([amount]) => amount)
  return (
    parts.map(([amount, word]) => (word.startsWith(`${amount} `) ? word : `${amount} ${word}`)).join(' · ') ||
    'nothing to decide'
  )
}

function decisionItem(decision, actions) {
  const { action, code, version, name, path, severity, gap, statements, steps, transactional, edit } = decision
  const how =
    action !== 'apply'
      ? ''
      : transactional === false
        ? `step by step: ${count(steps ?? 0, 'step')}`
        : statements
          ? `one transaction: ${count(statements, 'statement')}`
          : ''
  // Where a convention has the name in the version, once is enough.
  const at = name ? version.lastIndexOf(name) : 0
  const title = [make('code', {}, at > 0 ? version.slice(0, at).replace(/[_-]+$/, '') : version), ` ${name}`]
  const heading = [
    path
      ? make(
          'button',
          { type: 'button', class: 'link', 'data-key': `decision ${path}`, click: () => actions.select(path) },
          title,
        )
      : make('span', {}, title),
    tag(action === 'skip' || action === 'drift' ? code : `${action}: ${code}`, severity ?? action),
    edit && tag(edit.grade, severity ?? 'note'),
    gap && tag('gap', 'warning'),
    how && make('span', { class: 'how' }, how),
  ]
  return item(severity ?? action, signs[action], [make('p', { class: 'what' }, heading)], words(decision, actions))
}

/** A finding, in a list. */
export const findingItem = (finding, actions) =>
  item(
    finding.severity,
    '!',
    [make('p', { class: 'what' }, tag(finding.code, finding.severity))],
    words(finding, actions),
  )

const item = (kind, sign, ...parts) =>
  make('li', { class: kind }, make('i', { class: 'sign', 'aria-hidden': 'true' }, sign), make('div', {}, ...parts))

const tag = (text, kind) => make('span', { class: `tag ${kind}` }, text)

/** Place, message and help of a decision, a finding or an error. */
function words({ at, message, help }, actions) {
  const place = at && `${at.path}:${at.line}:${at.column}`
  // An error's own message begins with its place.
  const text = place && message.startsWith(`${place}: `) ? message.slice(place.length + 2) : message
  return [
    place &&
      make(
        'p',
        {},
        make(
          'button',
          { type: 'button', class: 'link place', 'data-key': `place ${place}`, click: () => actions.goTo(at) },
          place,
        ),
      ),
    text && make('p', { class: 'message' }, text),
    help && make('p', { class: 'help' }, help),
  ]
}

/** Shows what came of the last run, or how far the one under way is. */
export function showOutcome({ outcome, progress }, actions) {
  const box = byId('outcome')
  box.className = `outcome ${progress ? 'running' : outcome ? (outcome.error ? 'error' : 'apply') : ''}`
  if (progress) {
    const { done, total, name, version, step, steps } = progress
    const doing = steps > 1 ? `${version} ${name}: step ${step} of ${steps}` : `${version} ${name}`
    return replace(
      box,
      make('progress', { value: done, max: Math.max(total, 1), 'aria-label': 'Migrations done' }),
      make('p', {}, doing),
    )
  }
  if (!outcome) return replace(box)
  if (outcome.error) {
    const { code, statement, applied } = outcome.error
    return replace(
      box,
      make('p', { class: 'what' }, make('strong', {}, outcome.verb), ' ', tag(code, 'error')),
      words(outcome.error, actions),
      statement && make('pre', {}, statement),
      applied?.length > 0 &&
        make('p', { class: 'help' }, `${count(applied.length, 'migration')} applied before that; they stay applied`),
    )
  }
  const { status, applied, adopted, reverted, skipped, roundTrips, elapsedMs } = outcome.result
  const did = [
    [applied, 'applied'],
    [adopted, 'adopted'],
    [reverted, 'taken back'],
  ].flatMap(([list, word]) => (list?.length ? `${list.length} ${word}` : []))
  if (skipped) did.push(`${skipped} there already`)
  did.push(count(roundTrips, 'message'), `${Math.round(elapsedMs)} ms`)
  replace(box, make('p', { class: 'what' }, make('strong', {}, status), ` ${did.join(' · ')}`))
}

/** Shows what a health check would answer. */
export function showReadiness({ readiness }) {
  const box = byId('readiness')
  box.hidden = !readiness
  if (!readiness) return
  const { httpStatus, message } = readiness
  box.className = `readiness ${httpStatus === 200 ? 'apply' : 'error'}`
  replace(box, make('strong', {}, String(httpStatus)), ` ${message}`)
}
