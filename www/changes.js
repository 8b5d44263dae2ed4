// The mishaps that one can try: each takes the files and gives changed ones.

/** Migrations that are applied, with digits for a version, and whose file is at hand. */
const numbered = (files, decisions) =>
  decisions.filter(
    ({ action, path, version, name }) => action === 'skip' && path in files && name && /^\d+$/.test(version),
  )

/** A file merged late: its version lies between two that are applied. Undefined if there is no room. */
export function lateFile(files, decisions) {
  const applied = numbered(files, decisions)
  for (let i = applied.length - 2; i >= 0; i--) {
    const { version, name, path } = applied[i]
    const next = (BigInt(version) + 1n).toString().padStart(version.length, '0')
    if (BigInt(next) >= BigInt(applied[i + 1].version)) continue
    const late = path.replace(version, next).replace(name, 'merged_late')
    if (late in files || late === path) continue
    return {
      path: late,
      text: withMarkers(files[path], 'create table merged_late (id bigint primary key);', 'drop table merged_late;'),
    }
  }
}

function withMarkers(example, up, down) {
  for (const [first, second] of [
    ['-- migrate:up', '-- migrate:down'],
    ['-- +goose Up', '-- +goose Down'],
    ['-- +migrate Up', '-- +migrate Down'],
  ])
    if (example.includes(first)) return `${first}\n${up}\n\n${second}\n${down}\n`
  return `${up}\n`
}

/** The text with another comment: nothing that the database would notice. */
export const cosmeticEdit = (text) => insert(text, '-- A remark that somebody added later.')

/** The text with another statement. */
export const semanticEdit = (text) => insert(text, 'create table added_later (id bigint primary key);')

/** Puts a line at the end of the up section. */
function insert(text, line) {
  const down = text.search(/^-- (migrate:down|\+goose Down|\+migrate Down)/m)
  const at = down < 0 ? text.length : down
  const before = text.slice(0, at).trimEnd()
  return `${before}\n${line}\n${down < 0 ? '' : '\n'}${text.slice(at)}`
}

/** A second file under the version of an applied one. Undefined if versions are no digits. */
export function sameVersion(files, decisions) {
  const last = numbered(files, decisions).at(-1)
  const path = last?.path.replace(last.name, 'same_version')
  if (!path || path === last.path) return undefined
  return {
    path,
    text: withMarkers(
      files[last.path],
      'create table same_version (id bigint primary key);',
      'drop table same_version;',
    ),
  }
}
