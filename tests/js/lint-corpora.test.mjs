// Lint on real sets: every finding is one that PostgreSQL's own parser would give too, file by file; and how many there are.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { lint } from 'counterfoil/lint'
import { loadModule, parseSync, scanSync } from 'libpg-query'
import { corpora, inOrder, parsedStatements, readCorpus, skip } from './support/corpora.mjs'

before(() => loadModule())

/** What the oracle below does not judge: these are the planner's (see splits and goldens), or were read one by one. */
const others = [
  'destructive-down',
  'transaction-control',
  'transaction-wrapper',
  'not-in-journal',
  'adding-field-with-default',
]

/**
 * How many findings of each rule there are. The rules of squawk are facts about shipped statements: each makes a table
 * wait, fails on a table with rows, or takes something away from programs that run.
 */
const recorded = {
  'lobu-pre908': {
    'adding-field-with-default': 2,
    'adding-foreign-key-constraint': 8,
    'adding-not-nullable-field': 13,
    'adding-serial-primary-key-field': 4,
    'ban-drop-column': 23,
    'ban-drop-not-null': 4,
    'ban-drop-table': 11,
    'constraint-missing-not-valid': 11,
    'destructive-down': 1,
    'disallowed-unique-constraint': 4,
    'require-concurrent-index-creation': 57,
    'require-concurrent-index-deletion': 22,
  },
  'lobu-baseline908': {
    'destructive-down': 1,
  },
  openmeter: {
    'adding-foreign-key-constraint': 90,
    'adding-not-nullable-field': 29,
    'adding-required-field': 96,
    'ban-drop-column': 145,
    'ban-drop-not-null': 23,
    'ban-drop-table': 18,
    'changing-column-type': 3,
    'constraint-missing-not-valid': 44,
    'identifier-too-long': 1,
    'renaming-column': 19,
    'require-concurrent-index-creation': 169,
    'require-concurrent-index-deletion': 57,
    'transaction-wrapper': 16,
  },
  hatchet: {
    'adding-field-with-default': 2,
    'adding-foreign-key-constraint': 15,
    'adding-not-nullable-field': 4,
    'adding-required-field': 9,
    'adding-serial-primary-key-field': 4,
    'ban-drop-column': 26,
    'ban-drop-not-null': 4,
    'ban-drop-table': 17,
    'changing-column-type': 6,
    'constraint-missing-not-valid': 6,
    'disallowed-unique-constraint': 1,
    'identifier-too-long': 1,
    'require-concurrent-index-creation': 26,
    'require-concurrent-index-deletion': 8,
  },
  goalert: {
    'adding-field-with-default': 1,
    'adding-foreign-key-constraint': 9,
    'adding-not-nullable-field': 29,
    'adding-required-field': 1,
    'adding-serial-primary-key-field': 1,
    'ban-drop-column': 41,
    'ban-drop-not-null': 7,
    'ban-drop-table': 29,
    'changing-column-type': 17,
    'constraint-missing-not-valid': 15,
    'disallowed-unique-constraint': 41,
    'renaming-column': 2,
    'renaming-table': 1,
    'require-concurrent-index-creation': 43,
    'require-concurrent-index-deletion': 15,
    'transaction-control': 1,
    'transaction-wrapper': 1,
  },
  langfuse: {
    'adding-foreign-key-constraint': 39,
    'adding-not-nullable-field': 23,
    'adding-required-field': 11,
    'adding-serial-primary-key-field': 5,
    'ban-drop-column': 30,
    'ban-drop-not-null': 29,
    'ban-drop-table': 14,
    'changing-column-type': 10,
    'identifier-too-long': 1,
    'renaming-column': 11,
    'renaming-table': 1,
    'require-concurrent-index-creation': 69,
    'require-concurrent-index-deletion': 14,
    'transaction-control': 2,
    'transaction-wrapper': 11,
  },
  sim: {
    'adding-foreign-key-constraint': 34,
    'adding-not-nullable-field': 8,
    'adding-required-field': 1,
    'adding-serial-primary-key-field': 1,
    'ban-drop-column': 64,
    'ban-drop-not-null': 13,
    'ban-drop-table': 35,
    'changing-column-type': 13,
    'constraint-missing-not-valid': 5,
    'disallowed-unique-constraint': 3,
    'identifier-too-long': 15,
    'not-in-journal': 1,
    'renaming-column': 3,
    'require-concurrent-index-creation': 170,
    'require-concurrent-index-deletion': 65,
    'transaction-control': 24,
  },
  marquez: {
    'adding-foreign-key-constraint': 40,
    'adding-not-nullable-field': 1,
    'adding-required-field': 1,
    'ban-drop-column': 2,
    'ban-drop-not-null': 6,
    'ban-drop-table': 3,
    'changing-column-type': 37,
    'disallowed-unique-constraint': 7,
    'renaming-column': 2,
    'require-concurrent-index-creation': 47,
    'require-concurrent-index-deletion': 6,
  },
  'supabase-storage-tenant': {
    'adding-field-with-default': 1,
    'ban-drop-table': 1,
    'changing-column-type': 2,
    'require-concurrent-index-creation': 1,
  },
  'supabase-storage-multitenant': {
    'ban-drop-column': 1,
    'require-concurrent-index-creation': 2,
    'require-concurrent-index-deletion': 1,
  },
}

for (const corpus of corpora)
  test(`${corpus.name}: nothing is found that is not so`, { skip }, async (t) => {
    const { findings } = await lint(await readCorpus(corpus.name), { convention: corpus.convention })
    const found = {}
    const total = {}
    for (const { code, at, severity } of findings) {
      assert.notEqual(severity, 'error', `${at.path}:${at.line}`)
      total[code] = (total[code] ?? 0) + 1
      if (!others.includes(code)) add(found, `${at.path} ${code}`)
    }
    assert.deepEqual(found, oracle(corpus))
    t.diagnostic(JSON.stringify(total))
    assert.deepEqual(total, recorded[corpus.name])
  })

const add = (counts, key) => (counts[key] = (counts[key] ?? 0) + 1)

/** What the syntax trees of PostgreSQL's parser say should be found: counts by file and rule. */
function oracle(corpus) {
  const counts = {}
  const partitioned = new Set()
  const files = inOrder(corpus, parsedStatements(corpus.name))
  for (const { id, notx, text, statements } of files.filter(Boolean)) {
    const names = new Set()
    // Tables that the file has made, and constraints that it has added without a look at the rows.
    const made = new Set()
    const unchecked = new Set()
    // Tables with a constraint that was validated in a step of its own: PostgreSQL 12 and newer trust it.
    const validated = new Set()
    for (const name of identifiers(text.toString()))
      if (Buffer.byteLength(name) > 63 && !names.has(name)) {
        names.add(name)
        add(counts, `${id} identifier-too-long`)
      }
    for (const statement of statements) {
      for (const { stmt } of parseSync(statement).stmts) {
        const [[kind, node]] = Object.entries(stmt)
        for (const code of judge(kind, node, { notx, made, partitioned, unchecked, validated }))
          add(counts, `${id} ${code}`)
      }
    }
  }
  return counts
}

function* judge(kind, node, { notx, made, partitioned, unchecked, validated }) {
  const table = node.relation?.relname
  const fresh = made.has(table)
  if (kind === 'CreateStmt') {
    made.add(table)
    if (node.partspec) partitioned.add(table)
  }
  if (kind === 'CreateTableAsStmt' && node.objtype === 'OBJECT_TABLE') made.add(node.into.rel.relname)
  if (kind === 'IndexStmt' && !node.concurrent && !fresh && !partitioned.has(table))
    yield 'require-concurrent-index-creation'
  if (kind === 'DropStmt') {
    const first = node.objects[0].List?.items.at(-1).String.sval
    if (node.removeType === 'OBJECT_INDEX' && !node.concurrent) yield 'require-concurrent-index-deletion'
    if (node.removeType === 'OBJECT_TABLE' && !made.has(first)) yield 'ban-drop-table'
  }
  if (kind === 'RenameStmt' && node.renameType === 'OBJECT_TABLE') {
    if (fresh) made.add(node.newname)
    else yield 'renaming-table'
  }
  if (kind === 'RenameStmt' && node.renameType === 'OBJECT_COLUMN' && node.relationType === 'OBJECT_TABLE' && !fresh)
    yield 'renaming-column'
  if (kind !== 'AlterTableStmt' || node.objtype !== 'OBJECT_TABLE') return
  for (const { AlterTableCmd: command } of node.cmds) {
    const { Constraint: constraint, ColumnDef: column } = command.def ?? {}
    if (command.subtype === 'AT_AddConstraint' && constraint.skip_validation) unchecked.add(constraint.conname)
    if (command.subtype === 'AT_ValidateConstraint' && notx) validated.add(table)
    if (command.subtype === 'AT_ValidateConstraint' && !notx && unchecked.has(command.name))
      yield 'constraint-missing-not-valid'
    if (fresh || (command.subtype === 'AT_SetNotNull' && validated.has(table))) continue
    const plain = {
      AT_DropColumn: 'ban-drop-column',
      AT_DropNotNull: 'ban-drop-not-null',
      AT_SetNotNull: 'adding-not-nullable-field',
      AT_AlterColumnType: 'changing-column-type',
    }[command.subtype]
    if (plain) yield plain
    if (command.subtype === 'AT_AddConstraint') {
      if (constraint.contype === 'CONSTR_FOREIGN' && !constraint.skip_validation) yield 'adding-foreign-key-constraint'
      if (constraint.contype === 'CONSTR_UNIQUE' && !constraint.indexname) yield 'disallowed-unique-constraint'
      if (constraint.contype === 'CONSTR_PRIMARY' && !constraint.indexname) yield 'adding-serial-primary-key-field'
      if (constraint.contype === 'CONSTR_CHECK' && !constraint.skip_validation) yield 'constraint-missing-not-valid'
    }
    if (command.subtype === 'AT_AddColumn') {
      const has = (type) => (column.constraints ?? []).some(({ Constraint }) => Constraint.contype === type)
      const filled =
        ['CONSTR_DEFAULT', 'CONSTR_GENERATED', 'CONSTR_IDENTITY'].some(has) ||
        column.typeName.names.at(-1).String.sval.endsWith('serial')
      if (has('CONSTR_NOTNULL') && !filled) yield 'adding-required-field'
      if (has('CONSTR_FOREIGN') && filled) yield 'adding-foreign-key-constraint'
      if (has('CONSTR_UNIQUE')) yield 'disallowed-unique-constraint'
      if (has('CONSTR_PRIMARY')) yield 'adding-serial-primary-key-field'
    }
  }
}

/** The identifiers of a text, as they are written. */
function identifiers(text) {
  const { tokens } = scanSync(text)
  const name = (token) => (token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase())
  const bytes = Buffer.from(text)
  return tokens
    .filter(({ tokenName }) => tokenName === 'IDENT')
    .map(({ start, end }) => name(bytes.subarray(start, end).toString()))
}
