// A panic of the core is a fault of Counterfoil: whoever meets one has to be told where it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MigrationError, checksum } from 'counterfoil'
import { translated } from '../../pkg/wasm/translated.js'
import { coreNow } from '../../pkg/wasm/start.js'

test('a panic of the core is an internal-error with its message and its place, on the console too', (t) => {
  const written = t.mock.method(console, 'error', () => {})
  // Room for so many files cannot be asked for. The package hands in lists of its own, which are never that long.
  // oxlint-disable-next-line unicorn/no-new-array -- of this length without being made
  const panic = () => translated(() => coreNow().readSet(new Array(2 ** 32 - 1), [], undefined))
  const message = /^the core failed: panicked at \S+\.rs:\d+:\d+: capacity overflow$/
  assert.throws(panic, (error) => {
    assert.ok(error instanceof MigrationError)
    assert.equal(error.code, 'internal-error')
    assert.match(error.message, message)
    assert.match(error.help, /please report it/)
    assert.ok(error.cause instanceof WebAssembly.RuntimeError)
    return true
  })
  assert.equal(written.mock.callCount(), 1)
  assert.match(written.mock.calls[0].arguments.join(), /^panicked at .*: capacity overflow$/)
  // Nothing was half-done, so the core goes on, and the next panic is told as well.
  // printf 'abc\n' | sha256sum
  assert.equal(checksum('abc\n'), 'sha256:edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb')
  assert.throws(panic, { code: 'internal-error', message })
})

test('a trap that is no panic says what the engine says', () => {
  const trap = () => {
    throw new WebAssembly.RuntimeError('memory access out of bounds')
  }
  assert.throws(() => translated(trap), {
    code: 'internal-error',
    message: 'the core failed: memory access out of bounds',
  })
})
