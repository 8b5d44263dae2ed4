// node-postgres: a Client or a Pool.
export { MigrationError } from './errors.js'
export { init } from './init.js'
