// The pure part: no database.
export { init, type CoreSource } from './wasm/init.js'
export * from './pure.js'
