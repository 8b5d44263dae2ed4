// What the README and the pages of docs/ say is so: the demo's output, the snippets, the tables, the links.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, test } from 'node:test'
import ts from 'typescript'
import { anchors, block, links, openFences, page, pages } from './support/docs.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path) => readFileSync(`${root}/${path}`, 'utf8').replaceAll('\r\n', '\n')
// Inside the repository, so that `counterfoil` is the package that was built.
const folder = `${root}/.tmp/readme-${process.pid}`
after(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a script; gives what it printed. */
function run(path, cwd = root) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { cwd, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout.replaceAll('\r\n', '\n')
}

test('the output of the demo that is shown is a part of what it prints', () => {
  const shown = block('demo')
  assert.ok(shown.split('\n').length > 10)
  const printed = run('demo/index.mjs')
  assert.ok(printed.includes(`\n${shown}`), `this is what the demo prints:\n${printed}`)
  assert.deepEqual(
    printed.split('\n').filter((line) => [...line].length > 100),
    [],
    'no line is wider than 100 columns',
  )
})

// The quick starts of the README are followed in an empty folder, with the packed package: tests/packaging/quick-starts.test.mjs.
const snippets = pages
  .filter(({ path }) => path.startsWith('docs/'))
  .flatMap(({ path, text }) => [...text.matchAll(/```js\n([\s\S]+?)```/g)].map(([, code]) => ({ path, code })))
for (const [index, { path, code }] of snippets.entries())
  test(`snippet ${index + 1} runs, of ${path}`, () => {
    cpSync(`${root}/demo/migrations`, `${folder}/db/migrations`, { recursive: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/snippet${index}.mjs`, code)
    run(`${folder}/snippet${index}.mjs`, folder)
  })

test('the README is read in a few minutes', () => {
  const lines = page('README.md').trimEnd().split('\n').length
  assert.ok(lines <= 220, `${lines} lines`)
})

for (const { path, text } of pages)
  test(`${path}: every fence is closed, every link leads somewhere`, () => {
    assert.deepEqual(openFences(text), [])
    for (const link of links(text).filter((target) => !target.startsWith('https:'))) {
      const [file, anchor] = link.split('#')
      const target = file ? join(dirname(path), file) : path
      assert.ok(existsSync(join(root, target)), `${link}: there is no ${target}`)
      if (anchor) assert.ok(anchors(read(target)).has(anchor), `${link}: ${target} has no such heading`)
    }
  })

test('what looks for faults in pages finds them', () => {
  assert.deepEqual(openFences('a\n```js\nb\n```\n'), [])
  assert.deepEqual(openFences('a\n```js\nb\n'), [2])
  assert.deepEqual(openFences('```js\nb\n\n```text\nc\n```\n'), [4])
  assert.deepEqual([...anchors('# A `b` c!\n## A b c\n```\n# no\n```\n')], ['a-b-c', 'a-b-c-1'])
  assert.deepEqual(links('[a](b.md#c) `[x](y)`\n```\n[d](e)\n```\n'), ['b.md#c'])
})

/** The first cells of the rows of the table that follows `after`, and the whole rows. */
function table(after) {
  const text = pages.find((one) => one.text.includes(`\n${after}`))?.text
  assert.ok(text, `no page has the table ${after}`)
  const rows = text
    .slice(text.indexOf(after))
    .match(/(?:^\|.*\n)+/m)[0]
    .trim()
    .split('\n')
    .slice(2)
  return rows.map((row) => ({ codes: [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, code]) => code), row }))
}

test('the table of drifts has every code and its default', () => {
  const policy = read('src/plan/policy.rs').split('pub const POLICY')[1].split('\n];')[0]
  const expected = [...policy.matchAll(/\("([a-z-]+)", Severity::(\w+)\)/g)].map(
    ([, code, severity]) => `${code} ${severity.toLowerCase()}`,
  )
  assert.ok(expected.length > 5)
  const shown = table('| drift | default |').map(({ codes, row }) => `${codes[0]} ${row.split('|')[2].trim()}`)
  // A gap is a part of what is applied, and no note, until the policy names it.
  assert.deepEqual(shown, [...expected.slice(0, -1), expected.at(-1).replace(/^gap note$/, 'gap none')])
})

/** The public texts of an enum of the core. */
const words = (path, name) =>
  [
    ...read(path)
      .split(`words!(${name},`)[1]
      .split('});')[0]
      .matchAll(/: "([a-z-]+)"/g),
  ].map(([, text]) => text)

test('the table of guards has every code and its default', () => {
  const codes = read('review/src/guard/options.rs').split('pub const CODES')[1].split('\n];')[0]
  const expected = [...codes.matchAll(/\("([a-z-]+)", Level::(\w+)\)/g)].map(
    ([, code, level]) => `${code} ${level.toLowerCase()}`,
  )
  assert.ok(expected.length > 15)
  const shown = table('| finding of a change | default |').map(
    ({ codes, row }) => `${codes[0]} ${row.split('|')[2].trim()}`,
  )
  assert.deepEqual(shown.toSorted(), expected.toSorted())
})

test('the tables of decisions have every reason', () => {
  const reasons = words('src/plan/decision.rs', 'Reason')
  assert.ok(reasons.length > 10)
  const shown = new Set([...page('docs/decisions.md').matchAll(/`([a-z-]+)`/g)].map(([, code]) => code))
  assert.deepEqual(
    reasons.filter((reason) => !shown.has(reason)),
    [],
  )
})

test('the table of errors has every code, of the core and of TypeScript', () => {
  const core = words('src/error.rs', 'Code')
  const sources = readdirSync(`${root}/pkg-template/src`, { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => read(`pkg-template/src/${path}`))
  const script = codesThrown(sources)
  assert.ok(core.length > 20 && script.size > 20, [...script].join())
  const shown = new Set(table('| code | what is wrong |').flatMap(({ codes }) => codes))
  assert.deepEqual(
    [...core, ...script].filter((code) => !shown.has(code)),
    [],
  )
})

test('codes are found wherever they are given to an error', () => {
  const sources = [
    `export function failure(code: string, message: string) { return new MigrationError({ code, message }) }`,
    `const wrapped = (at: number, code: string) => failure(code, '')
     throw wrapped(1, left ? 'one-way' : 'other-way')
     throw failure('third-way', 'not-this')
     class Usage extends MigrationError { constructor() { super({ code: 'fourth-way', message: 'nor-this' }) } }
     return new MigrationError({ code: 'fifth-way', help: 'nor-that' })`,
  ]
  assert.deepEqual([...codesThrown(sources)].sort(), ['fifth-way', 'fourth-way', 'one-way', 'other-way', 'third-way'])
})

/** The codes that TypeScript gives to its errors: what is handed on as `code` by a function, or is the `code` of an error. */
function codesThrown(sources) {
  const files = sources.map((text, index) => ts.createSourceFile(`${index}.ts`, text, ts.ScriptTarget.Latest, true))
  const each = (node, visit) => (visit(node), ts.forEachChild(node, (child) => each(child, visit)))
  /** The functions that are handed a code, and as which argument. */
  const takers = new Map()
  const codes = new Set()
  /** The texts that an expression may be. */
  const texts = (node) => {
    // Those of the system are in capitals.
    if (ts.isStringLiteralLike(node) && /^[a-z]+(-[a-z]+)*$/.test(node.text)) codes.add(node.text)
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(texts)
  }
  for (const file of files)
    each(file, (node) => {
      const at = ts.isFunctionLike(node) ? node.parameters.findIndex(({ name }) => name.getText() === 'code') : -1
      const name = node.name ?? node.parent?.name
      if (at >= 0 && name) takers.set(name.getText(), at)
    })
  for (const file of files)
    each(file, (node) => {
      if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return
      const [name, [first]] = [node.expression.getText(), node.arguments ?? []]
      const taken = node.arguments?.[takers.get(name)]
      if (taken) texts(taken)
      if (/^(?:MigrationError|super)$/.test(name) && first && ts.isObjectLiteralExpression(first))
        for (const { name: key, initializer } of first.properties)
          if (key?.getText() === 'code' && initializer) texts(initializer)
    })
  return codes
}

test('the table of conventions has every one', () => {
  const known = [...read('src/convention/mod.rs').matchAll(/entry\(Convention::\w+, "([a-z-]+)"/g)].map(
    ([, name]) => name,
  )
  assert.deepEqual(
    table('| `convention` | files |').map(({ codes }) => codes[0]),
    known,
  )
})

test('the table of the ledger has every column', () => {
  const known = [
    'version',
    ...[
      ...read('src/ledger/statements.rs')
        .split('const COLUMNS')[1]
        .split('];')[0]
        .matchAll(/\("([a-z_]+)",/g),
    ].map(([, name]) => name),
  ]
  const shown = page('docs/ledger.md')
  assert.deepEqual(
    known.filter((name) => !new RegExp(`^\\|.*\`${name} `, 'm').test(shown)),
    [],
  )
})

test('the table of options has every one, with the defaults of the core', () => {
  const source = read('src/run/options.rs')
  const shown = table('| option | default | of |')
  for (const [name, field] of [
    ['lockTimeout', 'lock_timeout'],
    ['waitTimeout', 'wait_timeout'],
    ['lease', 'lease'],
  ]) {
    const value = source.match(new RegExp(`${field}: ([\\d_]+),`))[1].replaceAll('_', '')
    assert.match(
      shown.find(({ codes }) => codes[0] === name).row,
      new RegExp(`\\| ${Number(value).toLocaleString('en')} ms[; ]`),
    )
  }
  const named = (path, table) =>
    [
      ...read(path)
        .split(`const ${table}`)[1]
        .split('\n}')[0]
        .matchAll(/^ {2}(\w+):/gm),
    ].map(([, name]) => name)
  // Those of `stamp` and `importLedger` alone are checked where they are, so that no entry has them.
  const known = [
    ...named('pkg-template/src/options/options.ts', 'tests'),
    ...named('pkg-template/src/run/stamp.ts', 'checks'),
    ...named('pkg-template/src/schema/import.ts', 'checks'),
  ]
  assert.ok(known.length > 10)
  assert.deepEqual(new Set(shown.flatMap(({ codes }) => codes)), new Set(known))
})
