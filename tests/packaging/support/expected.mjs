// What the app of tests/packaging/app must give, wherever it runs.
import assert from 'node:assert/strict'

export const expectedPure = {
  // printf abc | sha256sum
  checksum: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  codes: ['unverified', 'pending'],
  message: 'drift: db=none expected=002 pending=001,+1',
}

export function checkPure({ digest, ...rest }) {
  assert.deepEqual(rest, expectedPure)
  assert.match(digest, /^sha256:[0-9a-f]{64}$/)
}

export const expectedHealth = {
  seen: [
    [503, 'no-store', 'drift: db=a expected=b pending=b'],
    [503, 'no-store', 'the database could not be asked'],
    [404, 'no-store', ''],
  ],
  lines: ['CRITICAL counterfoil: drift: db=a expected=b pending=b', 'CRITICAL counterfoil: failed: postgres://u:***@h'],
}

/** `migrate` and `ready` were one query each, and neither engine nor core was there; then they were. */
export function checkFast({ current, pending }, sizes = [1, 100, 10_000]) {
  assert.deepEqual(
    current,
    sizes.map((count) => {
      const version = String(count).padStart(5, '0')
      return {
        status: 'current',
        applied: [],
        adopted: [],
        reverted: [],
        skipped: count,
        findings: [],
        decisions: [],
        roundTrips: 1,
        message: `ready: db=${version} expected=${version}`,
        queries: 2,
        wasm: 0,
        loaded: [],
      }
    }),
  )
  // The same watchers see it when there is something to do.
  assert.deepEqual(pending, { status: 'migrated', applied: ['00002'], table: 'm2', wasm: true, loaded: true })
}
