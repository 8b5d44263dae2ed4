// `counterfoil redo`: takes back the newest migration, and applies it again.
import { define, found } from '../frame/command.js'
import { developing, exits, step, whose } from './development.js'

export const command = define({
  about: `Takes back the migration that was applied last and applies it again, as its file is now: by the way back of what ran, or, without one, in a database that is made anew. ${whose}\nIf that would lose rows that no migration has put there, it says which, and does nothing without --reset.`,
  options: {
    ...developing,
    reset: { type: 'boolean', about: 'rows that no migration has put there may be lost' },
  },
  formats: ['text', 'json', 'github'],
  withoutEnvironmentFile: true,
  examples: [
    ['redo --url postgres://app@localhost/app_dev', 'is the way back right?'],
    ['redo --reset', 'also if rows are lost by it'],
  ],
  exits,
  run: async (call) => (await step(call, { goal: 'redo', reset: call.values.reset })) ?? found,
})
