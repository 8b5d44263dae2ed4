// What `dev`, `redo` and `reset` have in common: the database that they may act on, and a step of the loop.
import { readFile } from 'node:fs/promises'
import { carryOut, decide, ledgerOf, type Decided, type Goal, type Place } from '../../dev/develop.js'
import { tablesOf } from '../../dev/rows.js'
import { up } from '../../run/actions.js'
import { MigrationError, failure } from '../../shared/errors.js'
import type { Plan, RunEvent } from '../../options/public.js'
import type { Developed } from '../../dev/public.js'
import { emptyPGlite } from '../connect/connect-pglite.js'
import type { Opened } from '../connect/opened.js'
import { mustBeOurs, namedTarget } from '../connect/ours.js'
import { rebuilt } from '../connect/rebuilt.js'
import { filled, filling, patience, waiting, withDatabase, writing, written, type Session } from '../connect/session.js'
import type { Target } from '../connect/target.js'
import { textsOfProject } from '../connect/texts-folder.js'
import { databaseOptions, type Call, type Values } from '../frame/command.js'
import { say } from '../text/print.js'
import { err } from '../text/style.js'
import { visible } from '../../shared/printed.js'
import { coreNow } from '../../wasm/start.js'
import { translated } from '../../wasm/translated.js'
import { shownPlan } from '../show/plans.js'
import { applied } from './result.js'

const { env: _, ...url } = databaseOptions.url

/** Options of all three. */
export const developing = {
  ...databaseOptions,
  url,
  adopt: {
    type: 'boolean',
    about:
      'take a database that counterfoil has not made for one of development; its name is to be typed, on a terminal',
  },
  ...filling,
  ...waiting,
  ...writing,
} as const

/** What is said of a database in the help of all three. */
export const whose =
  'It acts on the database that --url names, or the configuration, and on no other; and only if `create`, `dev` or `up --create` has made it, or it was adopted. Nobody who is connected to it is disconnected.'

/** The exit codes of all three. */
export const exits =
  '0 if the database is as the files say, 1 if a migration failed or rows would be lost, 2 if it was called in a wrong way, cannot connect, or may not act on that database, 130 after Ctrl-C'

/** A call of one of them. */
export type DevelopmentCall = Call & { readonly values: Values<typeof developing> & { readonly reset?: boolean } }

/** What else there is to a step. */
export interface Step {
  readonly goal: Goal
  /** Whether rows may be lost; asked of `reset` when it is known which. */
  readonly reset: boolean
  /** What fills a database that was made anew. */
  readonly seed?: string | undefined
  /** Called before something is thrown away. @returns whether to go on */
  readonly sure?: (decided: Decided, target: Target) => Promise<boolean>
}

/** One step of the loop. @returns the exit code; undefined if somebody said no */
export async function step(call: DevelopmentCall, { goal, reset, seed, sure }: Step): Promise<number | undefined> {
  const { values, config, format, signal } = call
  const target = await namedTarget(values.url)
  // What cannot be read, changes nothing.
  const sql = seed === undefined ? undefined : await textOf(seed)
  const opening = { create: goal !== 'redo', make: goal !== 'redo', wait: patience(values.wait), target }
  const place = (session: Opened, { files, options }: Pick<Session, 'files' | 'options'>): Place<object> => ({
    driver: session.driver,
    db: session.db,
    set: files,
    options: { ...options, ...written(values), ...filled(values) },
    texts: textsOfProject(),
    replay: () => emptyPGlite(config),
    reset,
  })
  const shown = async (plan: Plan) => {
    if (format === 'text' && plan.decisions.some(({ action }) => action === 'apply'))
      say([...(await shownPlan(plan, { style: err() })), ''])
  }
  const run = (session: Session, work: (onProgress: (event: RunEvent) => unknown) => Promise<Developed>) =>
    applied(session, format, work)

  let anew: { session: Session; decided: Decided } | undefined
  const code = await withDatabase(call, opening, async (session) => {
    await mustBeOurs(target, session, values.adopt, signal)
    const here = place(session, session)
    if (session.made && goal === 'reset') {
      const done: Decided = { way: 'rebuilt', changed: [], lost: [], message: 'made', tables: [] }
      const came = await run(session, async (onProgress) => {
        const result = await carryOut({ ...here, options: { ...here.options, onProgress } }, done, shown)
        if (sql !== undefined) await seeded(session, seed!, sql, 'the migrations are applied')
        return result
      })
      return came
    }
    const decided = await decide(here, goal)
    if (decided.message !== '' && goal !== 'reset') say(visible(decided.message))
    if (sure && !(await sure(decided, target))) return undefined
    if (decided.way === 'rebuilt') {
      anew = { session, decided }
      return undefined
    }
    return run(session, (onProgress) => carryOut({ ...here, options: { ...here.options, onProgress } }, decided, shown))
  })
  if (!anew) return code

  const { session, decided } = anew
  const { changed, lost, message, tables } = decided
  return run(session, (onProgress) =>
    rebuilt<Developed>(
      target,
      { config, signal, wait: 0 },
      {
        async fill(opened) {
          const fresh = place(opened, session)
          const { texts, driver, db, set } = fresh
          const why = await texts.keep({ paths: Object.keys(session.files), sqls: Object.values(session.files) })
          if (why !== undefined) say(`warning: the texts of what runs could not be kept: ${why}`)
          const result = await up(driver, db, set, { ...fresh.options, onProgress })
          if (sql !== undefined) await seeded(opened, seed!, sql, 'the database is as it was')
          return { ...result, way: 'rebuilt', changed, lost, message }
        },
        async unchanged(opened) {
          const now = await tablesOf(opened, ledgerOf(session.options))
          const rows = (of: Decided['tables']) => JSON.stringify(of.map(({ name, rows }) => [name, rows]))
          if (rows(now) !== rows(tables))
            throw failure(
              'plan-changed',
              `${target.shown} has other rows than when it was looked at`,
              'somebody is at work on it; nothing was changed',
            )
        },
      },
    ),
  )
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw failure(
      'usage',
      `the file ${path} cannot be read: ${(cause as Error).message}`,
      'name another one with --seed; nothing was done',
      cause,
    )
  }
}

/** Fills a database. */
async function seeded({ driver, db }: Opened, path: string, sql: string, stands: string): Promise<void> {
  const connection = driver.connect(db)
  let failed = true
  try {
    // A driver takes it for done when so many statements were confirmed.
    const count = translated(() => coreNow().splitStatements(sql).statements.length)
    if (count > 0) await connection.script!(sql, () => {}, count)
    failed = false
  } catch (cause) {
    const {
      message = String(cause),
      code,
      position,
    } = Object(cause) as { message?: string; code?: string; position?: string }
    const before = [...sql].slice(0, Math.max(0, Number(position ?? 1) - 1)).join('')
    const at = position && {
      path,
      line: before.split('\n').length,
      column: Array.from(before.slice(before.lastIndexOf('\n') + 1)).length + 1,
    }
    throw new MigrationError(
      {
        code: 'seed-failed',
        message: `${at ? '' : `${path}: `}${message}${code ? ` (${code})` : ''}`,
        help: `mend it, and reset again; ${stands}`,
        ...(at && { at }),
      },
      { cause },
    )
  } finally {
    connection.close?.(failed)
  }
}
