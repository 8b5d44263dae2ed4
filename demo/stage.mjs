// What the scenes play on: one database, one set of files, and the few calls that a user of the package makes.
import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { readMigrations } from 'counterfoil/node'
import { MigrationError, migrate, plan, ready, rollback } from 'counterfoil/pglite'
import * as show from './show.mjs'

const here = new URL('.', import.meta.url)

/** The text of a file under `demo/changes/`. */
export const change = (path) => readFileSync(new URL(`changes/${path}`, here), 'utf8')

/** Opens the stage: an empty database in memory, and the files of `demo/migrations/`. */
export async function open() {
  return new Stage(await PGlite.create(), await readMigrations(new URL('migrations', here)))
}

export class Stage {
  constructor(db, files) {
    this.db = db
    /** The files that the stage was opened with. */
    this.shipped = files
    this.files = { ...files }
  }

  /** Another database, with the same files. */
  async other() {
    return new Stage(await PGlite.create(), this.files)
  }

  /** Adds or changes a file, and shows it. */
  put(path, text) {
    show.file(path in this.files ? '~' : '+', path)
    this.files = { ...this.files, [path]: text }
  }

  /** Takes a file away, and shows it. */
  remove(path) {
    show.file('-', path)
    const { [path]: _, ...rest } = this.files
    this.files = rest
  }

  /** Shows what would be done. */
  plan = () => this.#shown('plan', async () => show.plan(await plan(this.db, this.files)))

  /** Brings the database current, and shows the outcome. */
  migrate = (options) =>
    this.#shown('migrate', async () => show.result('migrate', await migrate(this.db, this.files, options)))

  /** Goes back, and shows the outcome. */
  rollback = (options) =>
    this.#shown('rollback', async () => show.result('rollback', await rollback(this.db, this.files, options)))

  /** Shows what a health check would answer. */
  ready = async () => show.readiness(await ready(this.db, this.files))

  /** Shows the rows of a query. */
  query = async (label, sql) => show.rows(label, (await this.db.query(sql)).rows)

  async #shown(verb, work) {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error
      show.refusal(verb, error)
    }
  }
}
