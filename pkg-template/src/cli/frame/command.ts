// What a command of the command line is: a table of options, from which parsing, help and completion are made, and what
// it does.
import { MigrationError } from '../../shared/errors.js'
import type { Convention } from '../../options/public.js'
import type { Config } from '../config/config.js'

/** An option of a command. */
export interface Option {
  /** `number` is a whole number from 0. */
  readonly type: 'string' | 'boolean' | 'number'
  /** What it is, for `--help`: one line, lower-case. */
  readonly about: string
  /** What stands for its value in `--help`: `<folder>`. */
  readonly value?: string
  /** One letter. */
  readonly short?: string
  /** What it is where nothing says otherwise. */
  readonly default?: string | number
  /** The values that it may have. */
  readonly choices?: readonly string[]
  /** What else than one of its choices it may be. */
  readonly besides?: RegExp
  /** Whether it may be given more than once; its value is a list then. */
  readonly multiple?: boolean
  /** What a shell completes its value with. */
  readonly completes?: 'file' | 'folder'
  /** The key of the configuration file that it is taken from when it is not given. */
  readonly config?: 'dir' | 'url' | 'table' | 'schema' | 'convention'
  /** The environment variables that it is taken from when neither says anything. */
  readonly env?: readonly string[]
}

/** Options by name, without the dashes. */
export type Options = Readonly<Record<string, Option>>

// Which conventions there are is known where they are read: another one is refused there.
type Text<O extends Option> = O extends { config: 'convention' } ? Convention : string
type One<O extends Option> = O['type'] extends 'boolean' ? boolean : O['type'] extends 'number' ? number : Text<O>
type ValueOf<O extends Option> = O extends { multiple: true }
  ? One<O>[]
  : O extends { type: 'boolean' } | { default: string | number }
    ? One<O>
    : One<O> | undefined

/** What the options of a command came to. */
export type Values<O extends Options> = { readonly [Name in keyof O]: ValueOf<O[Name]> }

/** How results are printed. */
export type Format = 'text' | 'json' | 'github' | 'sarif'

/** What a command is called with. */
export interface Call<O extends Options = Options> {
  readonly values: Values<O>
  /** What stands on the line besides options. */
  readonly operands: readonly string[]
  /** One of the command's formats. */
  readonly format: Format
  readonly config: Config
  /** All commands that there are, by name. */
  readonly commands: Readonly<Record<string, Entry>>
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** A command: one file, which calls {@link define}. */
export interface Command<O extends Options = Options> {
  /** What it does, in a few sentences. */
  readonly about: string
  readonly options: O
  /** What it takes besides options. */
  readonly operands?: {
    readonly name: string
    readonly about: string
    readonly required?: boolean
    readonly many?: boolean
    readonly choices?: readonly string[]
  }
  /** What somebody who hands an argument to a command that takes none may have meant. */
  readonly instead?: string
  /** The formats that it can print, the default first. Without them it has no `--format`. */
  readonly formats?: readonly Format[]
  /** Command lines (without `counterfoil`) and what each does. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  /** What its exit codes mean. */
  readonly exits?: string
  /** Whether it runs without a configuration file and `.env`. */
  readonly bare?: boolean
  /** Whether it reads `.env` only if `--dotenv` names it: what it looks at has no say in how. */
  readonly withoutEnvironmentFile?: boolean
  /** Runs it. @returns the exit code: {@link fine}, {@link found} or {@link misused} */
  run(call: Call<O>): Promise<number>
}

/** A command, loaded when it is asked for. */
export interface Entry {
  /** What it does, in a few words. */
  readonly about: string
  load(): Promise<{ readonly command: Command<any> }>
}

/** A command, with the types of its values taken from its options. */
export const define = <const O extends Options>(command: Command<O>): Command<O> => command

/** Exit codes: all is well; something was found, is pending or went wrong; it was called in a wrong way or could not connect. */
export const [fine, found, misused] = [0, 1, 2] as const

/** The command was called in a wrong way. */
export class Usage extends MigrationError {
  constructor(message: string, help = '') {
    super({ code: 'usage', message, help })
  }
}

/** Options of every command that reads a folder of migrations. */
export const setOptions = {
  dir: {
    type: 'string',
    value: '<folder>',
    about: 'the migrations',
    default: 'db/migrations',
    completes: 'folder',
    config: 'dir',
    env: ['DBMATE_MIGRATIONS_DIR'],
    short: 'd',
  },
  convention: {
    type: 'string',
    value: '<name>',
    about: 'dbmate, prisma, drizzle, … if it cannot be told from the files',
    config: 'convention',
  },
} as const satisfies Options

/** Options of every command that asks a database. */
export const databaseOptions = {
  ...setOptions,
  url: {
    type: 'string',
    value: '<target>',
    about: 'postgres://…, pglite:./dir or pglite:memory',
    config: 'url',
    env: ['DATABASE_URL'],
    short: 'u',
  },
  table: {
    type: 'string',
    value: '<name>',
    about: 'the ledger (default: schema_migrations, in --schema or public)',
    config: 'table',
    env: ['DBMATE_MIGRATIONS_TABLE'],
  },
  schema: {
    type: 'string',
    value: '<name>',
    about: 'where ledger and objects live; the first of several gets what is created',
    multiple: true,
    config: 'schema',
  },
  verbose: { type: 'boolean', about: 'say which parameters of the address mean nothing here' },
  'allow-empty': { type: 'boolean', about: 'the folder may hold no migration yet' },
  existing: {
    type: 'string',
    value: '<ignore:what>',
    about: 'what may be there before the first migration: ignore:goose, ignore:prisma, … or ignore:tables',
    multiple: true,
  },
} as const satisfies Options

/** `1 migration`, `2 migrations`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
