// Options that are spoken of by what does not come from the core.
import { MigrationError, type Mention } from './errors.js'

/** The folder of the migrations: an argument of functions, and an option of the command line. @internal */
export const theFolder: Mention = { option: 'dir', text: 'the folder' }

/** @internal */
export const allowEmpty: Mention = { option: 'allowEmpty', values: ['true'], text: 'allowEmpty: true' }

/** @internal */
export const waitTimeout: Mention = { option: 'waitTimeout', text: 'the option `waitTimeout`' }

/** Such as `convention: 'goose'`. @internal */
export const convention = (name: string): Mention => ({
  option: 'convention',
  values: [name],
  text: `convention: '${name}'`,
})

/** An option that is wrong. @internal */
export const theOption = (option: string): Mention => ({ option, text: `the option ${option}` })

/** The error `invalid-input` that speaks of options. @internal */
export const invalid = (message: string, help: string, options: Mention[], cause?: unknown): MigrationError =>
  new MigrationError({ code: 'invalid-input', message, help, options }, cause === undefined ? {} : { cause })
