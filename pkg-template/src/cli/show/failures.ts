// How an error is shown: what is wrong, the line that it is about, what the database said, and what to do next.
import { readFileSync } from 'node:fs'
import { join } from 'node:path/posix'
import { MigrationError } from '../../shared/errors.js'
import { found, misused, type Format } from '../frame/command.js'
import { linesOf, printCommands, printJson, say } from '../text/print.js'
import { note, sarif, workflowCommand } from './findings.js'
import { picture } from './picture.js'
import { redacted } from '../text/secrets.js'
import { visible } from '../../shared/printed.js'
import { err } from '../text/style.js'
import { asOptions } from './wording.js'

/** Errors of how it was called, and of the connection. All others are of the migrations or the database. */
const misuses = new Set([
  'usage',
  'invalid-input',
  'invalid-config',
  'invalid-target',
  'no-migrations',
  'not-adopted',
  'not-confirmed',
  'database-in-use',
  'driver-missing',
  'connection-failed',
  'connection-lost',
  'data-dir-locked',
  'core-unavailable',
  'git-missing',
  'git-failed',
  'not-a-repository',
  'ref-unknown',
  'no-base',
  'no-merge-base',
  'merge-conflict',
  'cannot-move',
])

/** What a shell expects of a program that Ctrl-C has ended. */
export const interrupted = 130

/** The exit code of an error. */
export function exitOf(error: unknown): number {
  if (!isOurs(error)) return found
  return error.code === 'aborted' ? interrupted : misuses.has(error.code) ? misused : found
}

let set: { folder: string; files: Readonly<Record<string, string>> } | undefined

/** Remembers the files that errors may be about. */
export function showLinesOf(folder: string, files: Readonly<Record<string, string>>): void {
  set = { folder: folder.replaceAll('\\', '/'), files }
}

/** A path of the set as it is from the working directory. */
const placed = (path: string) => (set && Object.hasOwn(set.files, path) ? join(set.folder, path) : path)

function textOf(path: string): string | undefined {
  if (set && Object.hasOwn(set.files, path)) return set.files[path]
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** An error of ours, whichever copy of the package it comes from. */
const isOurs = (error: unknown): error is MigrationError =>
  error instanceof Error && error.name === 'MigrationError' && 'code' in error

/** What the database said, if it did. */
function said({
  cause,
}: MigrationError):
  { message: string; sqlstate: string; detail?: string; hint?: string; context?: string } | undefined {
  const { severity, code, message, detail, hint, where } = Object(cause) as Record<string, unknown>
  if (typeof severity !== 'string' || typeof code !== 'string' || typeof message !== 'string') return undefined
  const given = (value: unknown) => typeof value === 'string' && value !== ''
  return {
    message,
    sqlstate: code,
    ...(given(detail) && { detail: detail as string }),
    ...(given(hint) && { hint: hint as string }),
    ...(given(where) && { context: where as string }),
  }
}

/** Prints an error in the format that was asked for; as text on standard error in any case. */
export function printFailure(error: unknown, format: Format): void {
  if (!isOurs(error)) return printFault(error)
  const { code, at, statement, applied } = error
  const place = at && { ...at, path: placed(at.path) }
  const database = code === 'statement-failed' ? said(error) : undefined
  const prefix = at ? `${at.path}:${at.line}:${at.column}: ` : ''
  const message = asOptions(
    error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message,
    error.options,
  )
  // The detail has a line of its own.
  const shown = database?.detail ? message.replace(`; ${database.detail}`, '') : message
  // The core puts the hint before the help.
  const hint = database?.hint ? `${database.hint.replace(/\.+$/, '')}; ` : ''
  const help = asOptions(
    hint && error.help.startsWith(hint) ? error.help.slice(hint.length) : error.help,
    error.options,
  )

  const style = err()
  const lines = [
    `${style.red('error')}: ${style.bold(visible(shown))}`,
    ...(place && at ? picture(place, textOf(at.path), style) : []),
    ...(database?.detail ? note('detail', database.detail, style) : []),
    ...(database?.hint ? note('hint', database.hint, style) : []),
    ...(database?.context ? note('context', database.context, style) : []),
    ...(help ? note('help', help, style) : []),
  ]
  say(lines)

  const finding = { code, severity: 'error' as const, message, help, ...(place && { at: place }) }
  if (format === 'github') printCommands([workflowCommand(finding)])
  if (format === 'sarif') printJson(sarif([finding], 'error'))
  if (format === 'json') {
    const more = {
      ...(statement !== undefined && { statement }),
      ...(applied.length > 0 && { applied }),
      ...(database && { database }),
    }
    const told = { error: { code, message, help, ...(place && { at: place }), ...more } }
    printJson(JSON.parse(JSON.stringify(told, (_, value) => (typeof value === 'string' ? redacted(value) : value))))
  }
}

/** Something that nobody thought of. */
function printFault(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  say(linesOf(redacted(`${err().red('error')}: ${text}`)), 'this is a fault of counterfoil: please report it')
}
