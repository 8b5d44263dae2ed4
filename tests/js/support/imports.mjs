// Who imports whom, read from the sources: for the test that keeps imports in one direction.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import ts from 'typescript'

/** @typedef {Map<string, { to: string, line: number }[]>} Graph files by path, each with the files that it imports */

/** All files below a folder with this ending, by paths relative to it. */
function filesBelow(root, ending) {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.name.endsWith('.d.ts'))
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .sort()
}

/**
 * Imports between TypeScript files, of types too, and those that are loaded later.
 *
 * @param {string} root
 * @param {Record<string, string[]>} aliases what `#name` may stand for
 * @returns {Graph}
 */
export function typescript(root, aliases = {}) {
  const graph = new Map()
  for (const file of filesBelow(root, '.ts')) {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
    const found = []
    const add = (specifier) => {
      const line = source.getLineAndCharacterOfPosition(specifier.getStart()).line + 1
      const { text } = specifier
      const targets = aliases[text] ?? (/^\.\.?\//.test(text) ? [join(dirname(file), text)] : [])
      for (const target of targets) {
        const to = target.split(sep).join('/').replace(/\.js$/, '.ts')
        // What the build writes has no source.
        if (to !== file && existsSync(join(root, to))) found.push({ to, line })
      }
    }
    const visit = (node) => {
      if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
        add(node.moduleSpecifier)
      else if (ts.isImportTypeNode(node)) add(node.argument.literal)
      else if (
        ts.isCallExpression(node) &&
        node.expression.kind === ts.SyntaxKind.ImportKeyword &&
        ts.isStringLiteralLike(node.arguments[0])
      )
        add(node.arguments[0])
      ts.forEachChild(node, visit)
    }
    visit(source)
    graph.set(file, found)
  }
  return graph
}

/** Rust text with what is in comments, strings and characters made blank. Every other byte stays where it is. */
export function blanked(text) {
  const parts =
    /\/\/[^\n]*|\/\*|b?r(#*)"|b?"(?:\\[^]|[^"\\])*"|b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\])'|'[A-Za-z_]\w*(?!')/g
  const spaces = (part) => part.replace(/[^\n]/g, ' ')
  let out = ''
  let at = 0
  for (let found; (found = parts.exec(text)); at = parts.lastIndex) {
    out += text.slice(at, found.index)
    const [part, hashes] = found
    let end = parts.lastIndex
    if (part === '/*') {
      // They nest.
      const marks = /\/\*|\*\//g
      marks.lastIndex = end
      for (let depth = 1; depth > 0;) {
        const mark = marks.exec(text)
        if (!mark) throw new Error('a comment without an end')
        depth += mark[0] === '/*' ? 1 : -1
        end = marks.lastIndex
      }
    } else if (hashes !== undefined) {
      // Part of a longer name, such as `for"`, it is not: a name does not stand before a string.
      const close = `"${hashes}`
      end = text.indexOf(close, end) + close.length
    }
    out += spaces(text.slice(found.index, end))
    parts.lastIndex = end
  }
  return out + text.slice(at)
}

/** The end of the item that begins at `at`: behind its `;`, or behind the brace that closes it. */
function endOfItem(text, at) {
  let depth = 0
  for (let index = at; index < text.length; index += 1) {
    const letter = text[index]
    if ('([{'.includes(letter)) depth += 1
    else if (')]}'.includes(letter)) {
      depth -= 1
      // `use a::{b};` goes on behind its brace.
      if (depth === 0 && letter === '}' && !/^\s*[;.,)]/.test(text.slice(index + 1, index + 40))) return index + 1
      if (depth < 0) return index
    } else if (depth === 0 && (letter === ';' || letter === ',')) return index + 1
  }
  return text.length
}

/** Blanked Rust without the items that only tests have. */
function withoutTests(text) {
  for (let found; (found = /#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*/.exec(text));) {
    const end = endOfItem(text, found.index + found[0].length)
    const item = text.slice(found.index, end)
    text = text.slice(0, found.index) + item.replace(/[^\n]/g, ' ') + text.slice(end)
  }
  return text
}

/** The paths of a `use`, each a list of names with the one that it has here: `a::{b, c as d}` is `a::b` and `a::c` as `d`. */
function paths(tree, before = []) {
  const text = tree.trim()
  const brace = text.indexOf('{')
  if (brace < 0) {
    const [path, name] = text.split(/\s+as\s+/)
    const names = path.split('::').map((part) => part.trim())
    const all = [...before, ...names.filter(Boolean)]
    if (all.at(-1) === 'self' && all.length > 1) all.pop()
    return [{ path: all, name: name?.trim() ?? all.at(-1) }]
  }
  const head = text
    .slice(0, brace)
    .split('::')
    .map((part) => part.trim())
    .filter(Boolean)
  const branches = []
  let [depth, from] = [0, brace + 1]
  for (let at = brace + 1; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    if ((text[at] === ',' && depth === 0) || (text[at] === '}' && depth === 0)) {
      branches.push(text.slice(from, at))
      from = at + 1
    }
    if (text[at] === '}') depth -= 1
  }
  return branches.filter((branch) => branch.trim()).flatMap((branch) => paths(branch, [...before, ...head]))
}

/**
 * Imports between the files of a Rust crate: `use`, and paths that begin with `crate`, `super`, `self` or a module of the
 * file's own. A name that a module only passes on counts for where it comes from, so that a `mod.rs` may hand out what its
 * files define while these use one another. Items that only tests have are left out. A method that another file adds to a
 * type is no import, and not seen.
 *
 * @param {string} root the folder of `lib.rs`
 * @returns {Graph}
 */
export function rust(root) {
  const modules = new Map()
  const all = filesBelow(root, '.rs')
  const fileOf = (path) =>
    path.length === 0
      ? 'lib.rs'
      : [`${path.join('/')}.rs`, `${path.join('/')}/mod.rs`].find((file) => all.includes(file))
  const read = (path) => {
    const file = fileOf(path)
    if (!file) throw new Error(`there is no file for the module ${path.join('::')}`)
    const source = withoutTests(blanked(readFileSync(join(root, file), 'utf8')))
    // Who may see an item is no import.
    const text = source.replace(/\bpub\s*\(in[^)]*\)/g, (part) => ' '.repeat(part.length))
    const children = [...text.matchAll(/\bmod\s+(\w+)\s*;/g)].map(([, name]) => name)
    const inline = /\bmod\s+(\w+)\s*\{/.exec(text)
    if (inline) throw new Error(`${file}: the module ${inline[1]} has no file of its own, and is not read here`)
    const uses = [...text.matchAll(/\buse\s+([^;]+);/g)].flatMap(({ 1: tree, index }) =>
      paths(tree).map((use) => ({ ...use, index })),
    )
    const rest = text.replace(/\buse\s+[^;]+;/g, (use) => use.replace(/[^\n]/g, ' '))
    const own = new Set(
      [...rest.matchAll(/\b(?:fn|struct|enum|trait|type|const|static|union|macro_rules!)\s+(\w+)/g)].map(
        ([, name]) => name,
      ),
    )
    modules.set(path.join('::'), { path, file, text, rest, children, uses, own })
    for (const child of children) read([...path, child])
  }
  read([])

  /** The file that defines what a path of `from` means; undefined for what is of another crate. */
  const definer = (from, path, seen = new Set()) => {
    let [at, names] = [from.path, [...path]]
    if (names[0] === 'crate' || names[0] === '$crate') [at, names] = [[], names.slice(1)]
    else if (names[0] === 'self') names = names.slice(1)
    else if (names[0] === 'super') {
      while (names[0] === 'super') [at, names] = [at.slice(0, -1), names.slice(1)]
    } else if (!from.children.includes(names[0])) return undefined
    let module = modules.get(at.join('::'))
    while (names.length > 0 && module.children.includes(names[0])) {
      module = modules.get([...module.path, names[0]].join('::'))
      names = names.slice(1)
    }
    if (names.length === 0 || names[0] === '*' || module.own.has(names[0])) return module
    const key = `${module.file} ${names[0]}`
    if (seen.has(key)) return module
    seen.add(key)
    const passed = module.uses.find(({ name }) => name === names[0])
    if (passed)
      return definer(module, [...passed.path, ...names.slice(1)], seen) ?? (module === from ? undefined : other)
    for (const { path: glob } of module.uses.filter(({ name }) => name === '*')) {
      const target = definer(module, glob.slice(0, -1), seen)
      if (target && target !== other && target.own.has(names[0])) return target
    }
    return module
  }
  // What a module passes on of another crate is nobody's here.
  const other = {}

  const graph = new Map()
  for (const module of modules.values()) {
    const found = []
    const add = (path, index) => {
      const to = definer(module, path)?.file
      const line = module.text.slice(0, index).split('\n').length
      if (to && to !== module.file && !found.some((one) => one.to === to)) found.push({ to, line })
    }
    for (const { path, index } of module.uses) add(path, index)
    const inside = new RegExp(
      `(?<![\\w:])(?:\\$?crate|super|self${module.children.map((child) => `|${child}`).join('')})(?:\\s*::\\s*\\w+)+`,
      'g',
    )
    for (const { 0: path, index } of module.rest.matchAll(inside))
      add(
        path.split('::').map((name) => name.trim()),
        index,
      )
    graph.set(module.file, found)
  }
  return graph
}

/**
 * Circles of imports, each as the files on the way from one file back to it. One is given for each knot.
 *
 * @param {Graph} graph
 * @returns {string[][]}
 */
export function circles(graph) {
  // Tarjan's algorithm: files that reach one another.
  const [order, low, stack, knots] = [new Map(), new Map(), [], []]
  const visit = (file) => {
    order.set(file, order.size)
    low.set(file, order.get(file))
    stack.push(file)
    for (const { to } of graph.get(file) ?? []) {
      if (!order.has(to)) visit(to)
      if (stack.includes(to)) low.set(file, Math.min(low.get(file), low.get(to)))
    }
    if (low.get(file) !== order.get(file)) return
    const knot = stack.splice(stack.indexOf(file))
    if (knot.length > 1) knots.push(knot)
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return knots.map((knot) => shortest(graph, knot))
}

/** The shortest way from some file of a knot back to it. */
function shortest(graph, knot) {
  let best
  for (const start of [...knot].sort()) {
    const ways = [[start]]
    const seen = new Set()
    for (const way of ways) {
      const next = (graph.get(way.at(-1)) ?? []).map(({ to }) => to).filter((to) => knot.includes(to) && !seen.has(to))
      if (next.includes(start)) {
        if (!best || way.length < best.length - 1) best = [...way, start]
        break
      }
      for (const to of next) {
        seen.add(to)
        ways.push([...way, to])
      }
    }
  }
  return best
}

/**
 * What is imported from higher up, and what has no place in the order.
 *
 * @param {Graph} graph
 * @param {string[][]} order rows of rooms, the lowest first; those of one row may import one another
 * @param {(file: string) => string | undefined} roomOf undefined: it stands above them all
 * @returns {string[]}
 */
export function against(graph, order, roomOf) {
  const wrong = []
  const height = new Map(order.flatMap((row, index) => row.map((room) => [room, index])))
  const used = new Set()
  const place = (file) => {
    const room = roomOf(file)
    if (room === undefined) return order.length
    used.add(room)
    return height.get(room)
  }
  for (const [file, imports] of graph) {
    const from = place(file)
    if (from === undefined) wrong.push(`${file}: ${roomOf(file)} has no place in the order`)
    for (const { to, line } of imports) {
      const at = place(to)
      if (at > from) wrong.push(`${file}:${line} imports ${to}, which stands higher`)
    }
  }
  for (const room of height.keys()) if (!used.has(room)) wrong.push(`${room} is in the order, and not there`)
  return wrong
}

/** The order in a page: a block of code `order <name>`, its rows separated by `·`, or by ends of lines. */
export function orderIn(page, name) {
  const block = new RegExp(`^\`\`\`order ${name}\n([^]*?)^\`\`\``, 'm').exec(page)
  if (!block) throw new Error(`no order of ${name}`)
  return block[1]
    .split(/[·\n]/)
    .map((row) => row.trim().split(/\s+/).filter(Boolean))
    .filter((row) => row.length > 0)
}
