// `counterfoil create`: makes the database.
import { databaseOptions, define, fine } from '../frame/command.js'
import { patience, waiting } from '../connect/session.js'
import { open } from '../connect/connect.js'
import { invalid } from '../connect/parameters.js'
import { targetOf } from '../connect/target.js'
import { print, printJson } from '../text/print.js'

export const command = define({
  about:
    'Makes the database that the address names, empty and as the server makes one that is not described any closer, and leaves a mark in it, by which `drop` knows it again. What is there already stays as it is. `up --create` does it, too, where it is needed.',
  options: { url: databaseOptions.url, ...waiting },
  instead: 'it makes a database; `counterfoil new <name>` writes a migration',
  formats: ['text', 'json'],
  examples: [
    ['create', 'make the database of DATABASE_URL'],
    ['create --url pglite:./data', 'make a PGlite in a folder'],
    ['create && counterfoil up', 'the same as `up --create`'],
  ],
  exits:
    '0 if it was made or is there already, 1 if the server refuses, 2 if it was called in a wrong way or cannot connect, 130 after Ctrl-C',
  async run({ values: { url, wait }, config, format, signal }) {
    const target = targetOf(url)
    if (target.kind === 'pglite' && target.folder === undefined)
      throw invalid('a PGlite in memory is made by whoever opens it', 'name a folder: pglite:./data')
    const opened = await open(target, { config, signal, create: true, make: true, wait: patience(wait) })
    await opened.close()
    const made = opened.made === true
    if (format === 'json') printJson({ database: target.shown, made })
    else print(made ? `made ${target.shown}` : `${target.shown} is there already`)
    return fine
  },
})
