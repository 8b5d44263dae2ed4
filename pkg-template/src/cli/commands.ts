// The commands that there are: a new one is a file beside this one, and a line here.
import type { Entry } from './frame/command.js'

export const commands: Readonly<Record<string, Entry>> = {
  new: { about: 'write an empty migration', load: () => import('./commands/new.js') },
  status: { about: 'list what is applied and what is not', load: () => import('./commands/status.js') },
  plan: { about: 'say what `up` would do, and why', load: () => import('./commands/plan.js') },
  up: { about: 'apply what is pending', load: () => import('./commands/up.js') },
  down: { about: 'take back what was applied last', load: () => import('./commands/down.js') },
  redo: { about: 'take back the newest migration, and apply it again', load: () => import('./commands/redo.js') },
  dev: { about: 'watch the folder, and apply what is saved', load: () => import('./commands/dev.js') },
  reset: { about: 'make the database anew, and fill it', load: () => import('./commands/reset.js') },
  stamp: {
    about: 'mark migrations as applied, or not, without running them',
    load: () => import('./commands/stamp.js'),
  },
  import: { about: 'take over the ledger of another tool', load: () => import('./commands/import.js') },
  create: { about: 'make the database', load: () => import('./commands/create.js') },
  drop: { about: 'drop a database that `create` has made', load: () => import('./commands/drop.js') },
  ready: { about: 'say whether the database is where it should be', load: () => import('./commands/ready.js') },
  verify: {
    about: 'say whether the schema is the one that the migrations make',
    load: () => import('./commands/verify.js'),
  },
  squash: {
    about: 'replace migrations by one baseline that makes the same',
    load: () => import('./commands/squash.js'),
  },
  embed: { about: 'write an ES module that holds a folder of migrations', load: () => import('./commands/embed.js') },
  check: { about: 'say what a branch would break if it were merged', load: () => import('./commands/check.js') },
  lint: { about: 'say what is wrong with the migrations themselves', load: () => import('./commands/lint.js') },
  completion: {
    about: 'print what makes a shell complete commands and options',
    load: () => import('./commands/completion.js'),
  },
}

/** What other tools call a command, and what it is here. */
export const elsewhere: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  migrate: 'up',
  apply: 'up',
  deploy: 'up',
  latest: 'up',
  rollback: 'down',
  revert: 'down',
  undo: 'down',
  generate: 'new',
  make: 'new',
  add: 'new',
  list: 'status',
  info: 'status',
  diff: 'plan',
  preview: 'plan',
  wait: 'up --wait',
  watch: 'dev',
  develop: 'dev',
  fresh: 'reset',
  refresh: 'reset',
  'db:reset': 'reset',
  validate: 'lint',
  resolve: 'stamp',
  baseline: 'stamp',
  mark: 'stamp',
  repair: 'stamp',
  createdb: 'create',
  'db:create': 'create',
  dropdb: 'drop',
  'db:drop': 'drop',
})
