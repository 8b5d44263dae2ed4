// `counterfoil lint`: what is wrong with migrations themselves. No database is asked.
import { relative, resolve, sep } from 'node:path'
import { commitOf, git, mergeBases, openRepository, parts } from '../../git/repository.js'
import { lint, rules, type Level, type LintResult, type Rule, type Severity } from '../../lint.js'
import { levels } from '../../options/levels.js'
import { nearest } from '../text/nearest.js'
import { Usage, counted, databaseOptions, define, fine, found, setOptions } from '../frame/command.js'
import { readFolder } from '../text/links.js'
import { print, printJson } from '../text/print.js'
import { inFolder, printFindings } from '../show/findings.js'
import type { LintConfig } from '../config/lint-config.js'
import { out } from '../text/style.js'

export const command = define({
  about: `Looks for what goes wrong with migrations later: settings that reach the next file, names that PostgreSQL cuts off, a ledger in a baseline, locks that stop a table, and the other rules that --list shows.

A comment \`-- counterfoil-ignore <rule>: <reason>\`, on the line before or at the end of the line, allows what it names; \`-- counterfoil-ignore-file <rule>\` does for the file.`,
  options: {
    ...setOptions,
    table: {
      type: 'string',
      value: '<name>',
      about: databaseOptions.table.about,
      config: 'table',
      env: ['DBMATE_MIGRATIONS_TABLE'],
    },
    schema: databaseOptions.schema,
    since: { type: 'string', value: '<ref>', about: 'report only on files that have changed since a branch or commit' },
    rule: {
      type: 'string',
      value: '<rule=level>',
      about: 'how bad a rule is: off, note, warning or error',
      multiple: true,
    },
    'no-squawk': { type: 'boolean', about: "without squawk's rules" },
    postgres: { type: 'string', value: '<version>', about: 'the oldest PostgreSQL that they are for (default: 15)' },
    strict: { type: 'boolean', about: 'end with 1 for a warning too' },
    list: { type: 'boolean', about: 'list the rules' },
    explain: { type: 'string', value: '<rule>', about: 'say what a rule is about, with examples' },
  },
  operands: { name: 'path', about: 'files or folders to report on (default: all)', many: true },
  formats: ['text', 'json', 'github', 'sarif'],
  examples: [
    ['lint', 'look at every migration'],
    ['lint --since origin/main', 'only at those that a branch changes'],
    ['lint db/migrations/20260105090000_rooms.sql', 'only at this one'],
    ['lint --rule ban-drop-column=error --rule prefer-text-field=note', 'with other levels'],
    ['lint --explain session-search-path', 'why is that bad?'],
  ],
  exits: '0 if nothing is an error, 1 if something is, 2 if it was called in a wrong way',
  async run({ values, operands, format, config }) {
    if (values.list || values.explain !== undefined) return about(await rules(), values.explain, format === 'json')
    const settings = (config.lint ?? {}) as LintConfig
    const files = await readFolder(values.dir)
    const only = await chosen(values.dir, Object.keys(files), operands, values.since)
    const postgres = values.postgres ?? settings.postgres
    const result = await lint(files, {
      rules: { ...settings.rules, ...levelsOf(values.rule) },
      squawk: !values['no-squawk'] && settings.squawk !== false,
      ...(postgres !== undefined && { postgres }),
      ...(values.convention !== undefined && { convention: values.convention }),
      ...(values.table !== undefined && { table: values.table }),
      ...(values.schema.length > 0 && { schema: values.schema }),
      ...(only && { only }),
    })
    const findings = inFolder(values.dir, result.findings)
    const texts = new Map(
      inFolder(
        values.dir,
        Object.keys(files).map((path) => at(path)),
      ).map(({ at }, index) => [at!.path, Object.values(files)[index]]),
    )
    printFindings(findings, {
      format,
      tool: 'lint',
      summary: summary(result),
      json: { ...result, findings },
      source: (path) => texts.get(path),
    })
    return result.ok && !(values.strict && result.counts.warning > 0) ? fine : found
  },
})

/** A finding of nothing, for its path. */
const at = (path: string) => ({
  code: '',
  severity: 'note' as Severity,
  message: '',
  help: '',
  at: { path, line: 1, column: 1 },
})

function summary({ counts, files }: LintResult): string {
  const found = (['error', 'warning', 'note'] as const)
    .filter((severity) => counts[severity] > 0)
    .map((severity) => counted(counts[severity], severity))
  if (found.length === 0) return `${counted(files, 'file')}: nothing found`
  return `${counted(files, 'file')}: ${found.join(', ')}; \`counterfoil lint --explain <rule>\` says more`
}

/** `code=level`, more than once. */
function levelsOf(given: readonly string[]): Record<string, Level> {
  return Object.fromEntries(
    given.map((text) => {
      const [code = '', level = '', ...more] = text.split('=')
      const known = levels.find((name) => name === level)
      if (!code || !known || more.length > 0)
        throw new Usage(
          `--rule cannot be '${text}'`,
          `write a rule and its level, such as ban-drop-column=error; the levels are ${levels.join(', ')}`,
        )
      return [code, known]
    }),
  )
}

/** The files to report on; undefined: all. */
async function chosen(
  dir: string,
  paths: readonly string[],
  operands: readonly string[],
  since: string | undefined,
): Promise<readonly string[] | undefined> {
  if (operands.length === 0 && since === undefined) return undefined
  const inside = (path: string) => relative(dir, path).split(sep).join('/')
  const named = operands.map((operand) => {
    const path = inside(operand)
    const below = paths.filter((one) => path === '' || one === path || one.startsWith(`${path}/`))
    if (below.length === 0) throw new Usage(`${operand} is no migration of ${dir}`, 'name the folder with --dir')
    return below
  })
  const wanted = operands.length > 0 ? named.flat() : paths
  if (since === undefined) return wanted
  const changed = new Set((await changedSince(since)).map(inside))
  return wanted.filter((path) => changed.has(path))
}

/** The files that differ from where this branch left the other one: committed, not committed, or new. */
async function changedSince(ref: string): Promise<string[]> {
  const repository = await openRepository(process.cwd())
  const of = async (ref: string, what: string) => ({ ref, commit: await commitOf(repository, ref, what) })
  const [base] = await mergeBases(repository, await of(ref, '--since'), await of('HEAD', 'HEAD'))
  const lists = await Promise.all([
    git(repository, ['diff', '--name-only', '--no-renames', '-z', base]),
    git(repository, ['ls-files', '--others', '--exclude-standard', '-z']),
  ])
  return lists.flatMap(({ stdout }) => parts(stdout)).map((path) => resolve(repository.top, path))
}

function about(all: readonly Rule[], code: string | undefined, json: boolean): number {
  if (code === undefined) {
    if (json) printJson(all)
    else print(table(all))
    return fine
  }
  const rule = all.find((rule) => rule.code === code)
  if (!rule) {
    const near = nearest(
      code,
      all.map((rule) => rule.code),
    )
    throw new Usage(
      `there is no rule ${code}`,
      near ? `did you mean ${near}?` : '`counterfoil lint --list` shows the rules',
    )
  }
  if (json) printJson(rule)
  else print(explained(rule))
  return fine
}

function table(all: readonly Rule[]): string[] {
  const style = out()
  const [code, level] = [Math.max(...all.map(({ code }) => code.length)), 7]
  const line = (rule: Rule) =>
    `  ${rule.code.padEnd(code)}  ${mark(rule.severity, style)(rule.severity.padEnd(level))}  ${rule.summary}`
  const of = (source: Rule['source']) => all.filter((rule) => rule.source === source).map(line)
  return ['Rules of counterfoil:', ...of('counterfoil'), '', 'Rules of squawk:', ...of('squawk')]
}

function explained({ code, severity, summary, why, bad, good, url }: Rule): string[] {
  const style = out()
  const shown = (name: string, texts: readonly string[]) =>
    texts.flatMap((text) => [
      '',
      `${name}:`,
      '',
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => (line.length > 200 ? `    ${line.slice(0, 200)}…` : `    ${line}`)),
    ])
  return [
    `${style.bold(code)} (${severity === 'off' ? 'off by default' : severity}): ${summary}`,
    ...(why ? ['', ...why.split('\n')] : []),
    ...shown('Bad', bad),
    ...shown('Good', good),
    ...(url ? ['', `See ${url}`] : []),
  ]
}

const mark = (severity: Rule['severity'], style: ReturnType<typeof out>) =>
  ({ error: style.red, warning: style.yellow, note: style.blue, off: style.dim })[severity]
