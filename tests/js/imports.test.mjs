// Imports go one way: there is no circle, and nothing imports what stands higher in the orders that CONTRIBUTING.md has.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { against, blanked, circles, orderIn, rust, typescript } from './support/imports.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')

/** `sql/lex.rs` and `error.rs` are of the rooms `sql` and `error`; the root of a crate stands above all. */
const ofRust = (file) => (file === 'lib.rs' ? undefined : file.split('/')[0].replace(/\.rs$/, ''))
/** A folder is a room; a file beside them is one by itself. The command line is large, and has rooms of its own. */
const ofPackage = (file) => {
  const parts = file.split('/')
  return parts[0] === 'cli' && parts.length === 3 ? `cli/${parts[1]}` : parts[0]
}

/** The files that package.json may load under a name with a `#`. */
function aliases() {
  const { imports } = JSON.parse(readFileSync(join(root, 'pkg-template/package.json'), 'utf8'))
  const files = (found) => [...new Set(Object.values(found))].map((path) => path.replace(/^\.\//, ''))
  return Object.fromEntries(Object.entries(imports).map(([name, found]) => [name, files(found)]))
}

for (const { name, graph, least, roomOf } of [
  { name: 'src', graph: rust(join(root, 'src')), least: 50, roomOf: ofRust },
  { name: 'review/src', graph: rust(join(root, 'review/src')), least: 30, roomOf: ofRust },
  {
    name: 'pkg-template/src',
    graph: typescript(join(root, 'pkg-template/src'), aliases()),
    least: 100,
    roomOf: ofPackage,
  },
])
  describe(name, () => {
    test('its files are read', () => {
      const imports = [...graph.values()].flat()
      assert.ok(graph.size >= least && imports.length > graph.size, `${graph.size} files, ${imports.length} imports`)
    })
    test('no circle of imports', () =>
      assert.deepEqual(
        circles(graph).map((circle) => circle.join(' → ')),
        [],
      ))
    test('nothing imports what stands higher', () => assert.deepEqual(against(graph, orderIn(page, name), roomOf), []))
  })

describe('the check itself', () => {
  const trees = []
  const tree = (files) => {
    const folder = mkdtempSync(join(tmpdir(), 'counterfoil-imports-'))
    trees.push(folder)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return folder
  }
  after(() => trees.forEach((folder) => rmSync(folder, { recursive: true })))
  const imports = (graph) =>
    Object.fromEntries([...graph].map(([file, found]) => [file, found.map(({ to }) => to).sort()]))

  test('TypeScript: a circle is found through types, exports and what is loaded later', () => {
    const circle = (text) =>
      circles(typescript(tree({ 'a.ts': "import { b } from './b.js'\nexport const a = b\n", 'b.ts': text })))
    for (const text of [
      "import type { a } from './a.js'\nexport declare const b: typeof a\n",
      "export { a as b } from './a.js'\n",
      "export const b = () => import('./a.js')\n",
      "export declare const b: typeof import('./a.js')\n",
      "import './a.js'\nexport const b = 1\n",
    ])
      assert.deepEqual(circle(text), [['a.ts', 'b.ts', 'a.ts']], text)
    for (const text of [
      'export const b = 1\n',
      "// import './a.js'\nexport const b = \"import './a.js'\"\n",
      "import 'node:fs'\nexport const b = 1\n",
    ])
      assert.deepEqual(circle(text), [], text)
  })

  test('TypeScript: what a name with # stands for counts', () => {
    const folder = tree({ 'wasm/init.ts': "import * as loader from '#load'\n", 'load/web.ts': '' })
    assert.deepEqual(imports(typescript(folder, { '#load': ['load/web.js'] })), {
      'load/web.ts': [],
      'wasm/init.ts': ['load/web.ts'],
    })
  })

  test('a forbidden import is named, with its line', () => {
    const folder = tree({
      'low/a.ts': "import type { B } from '../high/b.js'\n",
      'high/b.ts': "import './c.js'\n\nimport '../low/a.js'\n",
      'high/c.ts': '',
    })
    const room = (file) => file.split('/')[0]
    assert.deepEqual(against(typescript(folder), [['low'], ['high']], room), [
      'low/a.ts:1 imports high/b.ts, which stands higher',
    ])
    assert.deepEqual(against(typescript(folder), [['high'], ['low']], room), [
      'high/b.ts:3 imports low/a.ts, which stands higher',
    ])
    assert.deepEqual(against(typescript(folder), [['high', 'low']], room), [])
  })

  test('a room without a place, and a place without a room, are named', () => {
    const graph = typescript(tree({ 'new.ts': '' }))
    assert.deepEqual(
      against(graph, [['old.ts']], (file) => file),
      ['new.ts: new.ts has no place in the order', 'old.ts is in the order, and not there'],
    )
  })

  const crate = (files) => tree({ 'lib.rs': 'pub mod low;\npub mod high;\n', ...files })

  test('Rust: every way to name another module is found', () => {
    for (const text of [
      'use crate::high::Thing;',
      'use crate::{high::Thing, low};',
      'use crate::high::{self, Thing as Other};',
      'use super::high::Thing;',
      'pub fn f() -> crate::high::Thing { todo!() }',
      'pub fn f() { super :: high :: f() }',
      "pub fn f<'a>(x: &'a str) -> char { crate::high::f(); '\"' }",
      'macro_rules! m { () => { $crate::high::f() }; }',
      'pub fn f() {\n    #[cfg(any(test, feature = "x"))]\n    crate::high::f();\n}',
    ]) {
      const graph = rust(crate({ 'low.rs': text, 'high.rs': 'pub struct Thing;\npub fn f() {}' }))
      assert.deepEqual(imports(graph)['low.rs'], ['high.rs'], text)
      assert.deepEqual(against(graph, [['low'], ['high']], ofRust).length, 1, text)
    }
  })

  test('Rust: what only looks like an import is none', () => {
    for (const text of [
      '// crate::high::f()',
      '//! See [`crate::high`].\n/// use crate::high::f;',
      '/* /* nested */ crate::high::f() */',
      'const TEXT: &str = "\\"use crate::high::f;";',
      'const TEXT: &str = r#"" use crate::high::f;"#;',
      'const QUOTE: char = \'"\'; // "\n// crate::high::f()',
      'pub fn f() { other_crate::high::f() }',
      'pub(in crate::high) fn f() {}',
      '#[cfg(test)]\nmod tests {\n    use crate::high::f;\n    fn g() { if true { f() } }\n}',
      '#[cfg(test)]\n#[allow(unused)]\nuse crate::{high::{f}, low};',
    ])
      assert.deepEqual(imports(rust(crate({ 'low.rs': text, 'high.rs': 'pub fn f() {}' })))['low.rs'], [], text)
  })

  test('Rust: a name counts for the file that defines it, wherever it is passed on', () => {
    const files = {
      'lib.rs': 'pub mod plan;\npub use plan::Plan;',
      'plan/mod.rs':
        'mod decide;\nmod data;\npub use data::*;\nuse decide::decide;\npub struct Plan;\nfn f() { decide() }',
      'plan/data.rs': 'pub struct Decision;',
      'plan/decide.rs': 'use super::Decision;\npub fn decide() {}',
    }
    assert.deepEqual(circles(rust(tree(files))), [])
    const circle = [['plan/decide.rs', 'plan/mod.rs', 'plan/decide.rs']]
    for (const path of ['super::Plan', 'crate::Plan', 'crate::plan::Plan', 'super::*'])
      assert.deepEqual(circles(rust(tree({ ...files, 'plan/decide.rs': `use ${path};\npub fn decide() {}` }))), circle)
  })

  test('Rust: what is blanked keeps its place', () => {
    const text = 'let a = "é\\"x"; // b\nlet c = r##"d"# "##; /* e\n */ f(\'\\u{1F600}\', b\'"\', \'static)'
    const plain = blanked(text)
    assert.equal(plain.length, text.length)
    assert.match(plain, /^let a = +; +\nlet c = +; +\n +f\( +, +, +\)$/)
  })
})
