// Assertions about MigrationError.
import assert from 'node:assert/strict'

/** Asserts that `work` fails with a MigrationError that has these fields; gives the error. */
export async function fails(work, expected) {
  let result
  try {
    result = await (typeof work === 'function' ? work() : work)
  } catch (error) {
    assert.equal(error?.name, 'MigrationError', `not a MigrationError: ${error?.stack ?? error}`)
    for (const [key, value] of Object.entries(expected)) {
      if (value instanceof RegExp) assert.match(error[key], value)
      else assert.deepEqual(error[key], value, `${key} of: ${error.message}`)
    }
    return error
  }
  assert.fail(`expected ${expected.code}, but it gave ${JSON.stringify(result)}`)
}
