// What is wrong with what was handed in, in words. Loaded when it is needed: an app that is right has none of it.
import { failure, type MigrationError } from '../shared/errors.js'
import { invalid, theOption } from '../shared/mentions.js'
import { isObject, settings, tests, type AnyOptions, type Names, type Settings, type Test } from './options.js'

const flag = 'true or false'
const milliseconds = 'a whole number of milliseconds'

/** What each option is to be. */
const expected: { readonly [name in keyof AnyOptions]-?: string } = {
  table: 'a name or schema.name',
  schema: 'a name or an array of one name or more',
  convention: 'the name of a convention',
  policy: 'an object of code to severity',
  allowEmpty: flag,
  env: 'an object of name to value',
  existing: '{ ignore: [the names of tools, or tables] }',
  when: 'one of apply, wait, refuse',
  expect: "a plan's digest",
  lockTimeout: milliseconds,
  waitTimeout: milliseconds,
  lease: milliseconds,
  session: flag,
  allowDestructive: 'an array of versions',
  acceptEdited: 'an array of versions',
  versions: 'an array of one version or more',
  steps: 'a whole number from 1',
  to: 'a version, as a string',
  dryRun: flag,
  onProgress: 'a function',
  signal: 'an AbortSignal',
}

/** An option: whether a value will do, and what will. @internal */
export type Checked = readonly [test: Test, expected: string]

/** The check of an option that the drivers have too. @internal */
export const checkOf = (name: keyof AnyOptions): Checked => [tests[name], expected[name]]

/** What is wrong with the options, if it is one of `names` or another name. @internal */
export function wrongAmong<Name extends string>(
  given: object,
  names: readonly Name[],
  check: (name: Name) => Checked,
): MigrationError | undefined {
  if (!isObject(given)) return failure('invalid-input', 'options is not an object', 'pass an object, or nothing')
  for (const name of Object.keys(given)) {
    const known = names.find((option) => option === name)
    if (known === undefined)
      return failure('invalid-input', `there is no option ${name} here`, `the options are: ${names.join(', ')}`)
    const value = (given as Record<string, unknown>)[known]
    const [test, what] = check(known)
    if (value !== undefined && !test(value)) return invalid(`the option ${name} is not ${what}`, '', [theOption(name)])
  }
  return undefined
}

/**
 * Checks the options of a function: those of `names`, which others have too, and its own.
 *
 * @throws MigrationError `invalid-input`, naming the option @internal
 */
export function mustBeRight<Own extends string>(
  given: object,
  names: Names,
  own: Readonly<Record<Own, Checked>>,
): void {
  const isOwn = (name: string): name is Own => Object.hasOwn(own, name)
  const all = [...names, ...(Object.keys(own) as Own[])]
  const wrong = wrongAmong(given, all, (name) => (isOwn(name) ? own[name] : checkOf(name)))
  if (wrong) throw wrong
}

/** The error about the first option that is wrong. @internal */
export const wrongOption = (given: AnyOptions, names: Names): MigrationError =>
  wrongAmong(given, names, checkOf) ?? unreadable('an option has another value each time')

/** Checks the options. @throws MigrationError `invalid-input`, naming the option @internal */
export function checkedOptions(given: AnyOptions, names: Names): Settings {
  const found = settings(given, names)
  if (!found) throw wrongOption(given, names)
  return found
}

/** The error about something that throws when it is looked at: a getter, or a Proxy. @internal */
export function unreadable(cause: unknown): MigrationError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return failure(
    'invalid-input',
    `what was handed in cannot be read: ${message}`,
    'see that no getter and no Proxy of the database, the migrations or the options throws',
    cause,
  )
}
