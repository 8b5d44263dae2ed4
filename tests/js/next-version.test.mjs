// The version after the newest: the help of a plan, the guards and `new` propose the same one, at the same time.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { plan } from 'counterfoil'
import { check } from 'counterfoil/guard'

const program = fileURLToPath(new URL('../../pkg/cli/main.js', import.meta.url))
const now = '2026-03-01T08:30:00.123Z'
/** Stops the clock of a process. */
const stopped = `globalThis.Date = class extends Date { constructor(...given) { super(...(given.length ? given : ['${now}'])) } }`
const clock = `data:text/javascript,${encodeURIComponent(stopped)}`

const text = '-- migrate:up\nselect 1;\n-- migrate:down\n'
const other = text.replace('1', '2')

/** Newest, the next one for who knows no time, and at that moment. Times and seconds are what `date -u -d` gives. */
const rows = [
  ['7', '8', '8'],
  ['0009', '0010', '0010'],
  ['20240229', '20240301', '20260301'],
  ['20260228', '20260301', '20260301'],
  ['20260301', '20260302', '20260302'],
  ['202602282359', '202603010000', '202603010830'],
  ['20260228235959', '20260301000000', '20260301083000'],
  ['20271231235959', '20280101000000', '20280101000000'],
  ['20260228235959999', '20260301000000000', '20260301083000123'],
  ['20271231235959999', '20280101000000000', '20280101000000000'],
  ['1771234567', '1771234568', '1772353800'],
  ['1799999999', '1800000000', '1800000000'],
  ['1771234567890', '1771234567891', '1772353800123'],
  // No times: there is no 30th of February, and no 61st minute.
  ['20240230120000', '20240230120001', '20240230120001'],
  ['20240228126100', '20240228126101', '20240228126101'],
  ['99999999', '100000000', '100000000'],
]

for (const [newest, next, atThatMoment] of rows)
  test(`after ${newest} comes ${next}, or ${atThatMoment}`, async (t) => {
    const [a, b] = [`${newest}_a.sql`, `${newest}_b.sql`]
    const { decisions } = plan({ [a]: text, [b]: other }, [], { convention: 'dbmate' })
    assert.match(decisions.find(({ code }) => code === 'duplicate').help, new RegExp(`, such as ${next}(?![0-9])`))

    const sets = [
      { dir: 'db', convention: 'dbmate', base: { [`db/${a}`]: text }, head: { [`db/${a}`]: text, [`db/${b}`]: other } },
    ]
    for (const [more, expected] of [
      [{}, next],
      [{ now }, atThatMoment],
    ]) {
      const { renumber } = await check({ sets, messages: [], edits: [] }, more)
      assert.deepEqual(
        renumber.map(({ to, version }) => [to, version]),
        [[`db/${expected}_b.sql`, expected]],
      )
    }

    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-next-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, 'db'))
    writeFileSync(join(folder, 'db', a), text)
    const made = spawnSync(process.execPath, ['--import', clock, program, 'new', 'b', '--dir', 'db'], {
      cwd: folder,
      encoding: 'utf8',
    })
    assert.equal(made.stdout, `${join('db', `${atThatMoment}_b.sql`)}\n`, made.stderr)
  })
