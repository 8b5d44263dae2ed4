// What the types say: what they refuse inside the package, and what an editor shows of its functions.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('a driver has what it says that it can, and a request has only what is its own', () => {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'pkg-template/tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    join(root, 'pkg-template'),
  )
  const program = ts.createProgram([join(root, 'tests/js/types/drivers.ts')], {
    ...options,
    noEmit: true,
    rootDir: root,
  })
  const said = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && file.getLineAndCharacterOfPosition(start).line + 1
    return `${file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  assert.deepEqual(said, [])
})

test("no type is called as JavaScript's own Set is", () => {
  const declarations = readdirSync(join(root, 'pkg'), { recursive: true }).filter((path) => path.endsWith('.d.ts'))
  assert.ok(declarations.length > 50)
  const named = declarations.filter((path) =>
    /\b(?:type|interface|class) Set\b/.test(readFileSync(join(root, 'pkg', path), 'utf8')),
  )
  assert.deepEqual(named, [])
})

describe('hovering', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'pkg/package.json'), 'utf8'))
  const entries = Object.entries(exports)
    .filter(([, target]) => target.default)
    .map(([name]) => name.replace(/^\./, 'counterfoil'))
  const drivers = [
    'counterfoil/pglite',
    'counterfoil/pg',
    'counterfoil/neon',
    'counterfoil/postgres',
    'counterfoil/bun',
  ]
  // A file of the repository, so that `counterfoil` is the package as it was built.
  const path = join(root, 'tests/js/types/hover.ts')
  const text = [
    ...entries.map((name, index) => `import * as entry${index} from '${name}'`),
    ...drivers.map((name, index) => `import { migrate as migrate${index} } from '${name}'`),
    ...drivers.map((_, index) => `void migrate${index}({} as never, {})`),
  ].join('\n')
  const service = ts.createLanguageService({
    getScriptFileNames: () => [path],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const found = name === path ? text : ts.sys.readFile(name)
      return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found)
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => ({
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    }),
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: (name) => name === path || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    realpath: ts.sys.realpath,
  })
  const shown = (position) => ts.displayPartsToString(service.getQuickInfoAtPosition(path, position)?.documentation)

  test('every function of every entry has its documentation', () => {
    const checker = service.getProgram().getTypeChecker()
    const source = service.getProgram().getSourceFile(path)
    const bare = []
    let functions = 0
    for (const [index, name] of entries.entries()) {
      const module = checker.getSymbolAtLocation(source.statements[index].moduleSpecifier)
      assert.ok(module, name)
      for (const exported of checker.getExportsOfModule(module)) {
        const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
        if (!(symbol.flags & ts.SymbolFlags.Value)) continue
        functions += 1
        if (symbol.getDocumentationComment(checker).length === 0) bare.push(`${exported.name} of ${name}`)
      }
    }
    assert.ok(functions > 50, `${functions} functions`)
    assert.deepEqual(bare, [])
  })

  for (const [index, name] of drivers.entries())
    test(`migrate of ${name} says what it does, and at a call all of it`, () => {
      const [imported, called] = [...text.matchAll(new RegExp(`migrate${index}\\b`, 'g'))].map((found) => found.index)
      assert.match(shown(imported), /^Brings the database current/)
      assert.match(shown(called), /Safe to call from any number of processes at once/)
    })
})
