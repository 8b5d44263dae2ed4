// The pure part: no database.
export { init, type CoreSource } from './init.js'
export * from './pure.js'
