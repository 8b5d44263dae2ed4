// `counterfoil check`: is it safe to merge this change? No database is asked.
import { failure } from '../../shared/errors.js'
import { readChange, type OpenChange } from '../../git/change.js'
import { moveFiles } from '../../git/move.js'
import { commitOf } from '../../git/repository.js'
import type { ChangeRequest } from '../../git/types.js'
import { check, type GuardOptions, type Verdict } from '../../guard.js'
import type { Convention, Finding, Level } from '../../options/public.js'
import {
  changedConfig,
  earlierOf,
  judgesOtherwise,
  ofConfig,
  stricter,
  strictest,
  type Earlier,
} from './check-changed.js'
import type { CheckConfig } from '../config/check-config.js'
import { Usage, counted, define, fine, found, setOptions, type Format } from '../frame/command.js'
import { say } from '../text/print.js'
import { canAsk, confirmed } from '../connect/confirm.js'
import { printFindings } from '../show/findings.js'
import { renumbering, type Renumbering } from './renumber.js'
import { writeStepSummary } from '../show/step-summary.js'
import { visible } from '../../shared/printed.js'

export const command = define({
  about: `Compares a branch with what it is to be merged into, through git, and says what would break the history of a database: migrations that have shipped and were changed, deleted or renamed; two files with one version; a change of the schema in one of several tracks only.

Without --head it looks at the work tree if there are changes in it that are not committed, otherwise at HEAD. Paths are shown from the root of the repository.`,
  options: {
    base: {
      type: 'string',
      value: '<ref>',
      about:
        'what it is compared with (default: in GitHub Actions what the event says, otherwise origin/HEAD, main or master)',
    },
    head: {
      type: 'string',
      value: '<ref>',
      about: 'the commit that is looked at (default: the work tree, or HEAD if nothing in it has changed)',
    },
    staged: { type: 'boolean', about: 'look at the index: what the next commit would have' },
    against: {
      type: 'string',
      value: '<ref>',
      about: "another open branch, or a pattern such as 'origin/*': is its version taken there?",
      multiple: true,
    },
    dir: {
      type: 'string',
      value: '<folder>',
      about: 'the migrations (default: db/migrations)',
      multiple: true,
      completes: 'folder',
      short: 'd',
    },
    convention: setOptions.convention,
    renumber: {
      type: 'boolean',
      about: 'give new files whose version is taken, or behind, the version that is proposed',
    },
    'dry-run': { type: 'boolean', about: 'with --renumber: say what would be done' },
    yes: { type: 'boolean', about: 'with --renumber: do not ask', short: 'y' },
  },
  formats: ['text', 'json', 'github', 'sarif'],
  examples: [
    ['check', 'before you push: compare with the default branch'],
    ["check --base origin/main --against 'origin/*'", 'and with every other open branch'],
    ['check --staged', 'in a hook before a commit'],
    ['check --format github', 'in GitHub Actions: annotations and a summary'],
    ['check --renumber', 'somebody was faster: take the next free version'],
  ],
  exits: '0 if the change may be merged, 1 if there is an error, 2 if it was called in a wrong way or git cannot tell',
  withoutEnvironmentFile: true,
  async run({ values, format, config, signal }) {
    const settings = config.check ?? {}
    const request = requestOf(values, settings, config.dir)
    const options = optionsOf(settings)
    if (values.staged && values.head !== undefined)
      throw new Usage('--staged and --head exclude each other', 'leave one of them out')
    if ((values['dry-run'] || values.yes) && !values.renumber)
      throw new Usage(
        `--${values.yes ? 'yes' : 'dry-run'} does nothing without --renumber`,
        'add --renumber, or leave it out',
      )

    const named = (values as { config?: string }).config
    const overruled = {
      base: values.base !== undefined,
      against: values.against.length > 0,
      dirs: values.dir.length > 0,
    }
    const earlier = (read: OpenChange) => earlierOf(read, config, named, overruled)
    let seen = await look(request, options, settings, earlier)
    let renumbered: Renumbering['moves'] = []
    if (values.renumber && seen.verdict.renumber.length > 0) {
      await mayMove(seen, request)
      const plan = await renumbering(seen.read, seen.verdict.renumber)
      say(`${values['dry-run'] ? 'these files would get' : 'these files get'} another version:`)
      for (const { from, to } of plan.moves) say(`  ${visible(from)} → ${visible(to)}`)
      for (const { path } of plan.rewrites) say(`  ${visible(path)}: its entries`)
      if (!values['dry-run']) {
        if (!values.yes && !(await mayRename(plan, signal))) return found
        await moveFiles(seen.read.repository, plan.moves, plan.rewrites)
        renumbered = plan.moves
        seen = await look(request, options, settings, earlier)
      }
    } else if (values.renumber) say('no file has to be renumbered')
    await shown(seen, format, renumbered)
    return seen.ok ? fine : found
  },
})

interface Values {
  readonly base: string | undefined
  readonly head: string | undefined
  readonly staged: boolean
  readonly against: readonly string[]
  readonly dir: readonly string[]
  readonly convention: Convention | undefined
}

/** What is asked of the repository: the command line, then the configuration, then the environment. */
function requestOf(values: Values, settings: CheckConfig, dirOfConfig: string | undefined): ChangeRequest {
  const { base, head, staged, convention } = values
  const named = dirOfConfig ?? (process.env['DBMATE_MIGRATIONS_DIR'] || undefined)
  const dirs = values.dir.length > 0 ? values.dir : (settings.dirs ?? (named === undefined ? [] : [named]))
  const sets = dirs
    .map((entry) => (typeof entry === 'string' ? { dir: entry } : entry))
    .map((entry) => ({ ...(convention === undefined ? {} : { convention }), ...entry }))
  const from =
    base !== undefined
      ? { ref: base, why: '--base' }
      : settings.base !== undefined
        ? { ref: settings.base, why: 'the configuration' }
        : undefined
  const other = values.against.length > 0 ? values.against : settings.against
  return {
    cwd: process.cwd(),
    ...(from && { base: from }),
    ...(head !== undefined && { head }),
    staged,
    sets:
      sets.length > 0
        ? sets
        : [{ dir: 'db/migrations', optional: true, ...(convention === undefined ? {} : { convention }) }],
    ...(other && { against: other }),
    ...(settings.tracks && { tracks: settings.tracks }),
  }
}

/** Also what is found here, where no guard has the file. */
const ofReading = 'unreadable-file'

/** A track that looks at nothing: what was before the change is part of that verdict. */
const ofNothing = 'track-empty'

function optionsOf({ severities, tracks, allow }: CheckConfig): GuardOptions {
  // Not a code of the guards'.
  const ofGuards = Object.fromEntries(Object.entries(severities ?? {}).filter(([code]) => code !== ofConfig))
  // Versions that are times go on from now.
  return {
    severities: ofGuards,
    ...(tracks && { tracks }),
    ...(allow && { allow }),
    now: new Date().toISOString(),
  }
}

/** A change and what the guards say. */
interface Seen {
  read: OpenChange
  verdict: Verdict
  findings: Finding<string>[]
  ok: boolean
}

async function look(
  request: ChangeRequest,
  options: GuardOptions,
  settings: CheckConfig,
  earlierOf: (read: OpenChange) => Promise<Earlier | undefined>,
): Promise<Seen> {
  let read = await readChange(request)
  const earlier = await earlierOf(read)
  const otherwise = earlier !== undefined && judgesOtherwise(earlier.settings, settings)
  // Only the files of tracks matter here: those of both configurations are read.
  if (otherwise)
    read = await readChange({
      ...request,
      tracks: {
        ...settings.tracks,
        ...Object.fromEntries(
          Object.entries(earlier.settings.tracks ?? {}).map(([name, track]) => [`${name} before`, track]),
        ),
      },
    })
  // What the change allows by itself is told from what was allowed already.
  const earlierAllow = earlier && { earlierAllow: earlier.settings.allow ?? [] }
  const verdict = await check(read.change, {
    ...options,
    ...earlierAllow,
    ...(earlier && {
      earlierTracks: earlier.settings.tracks ?? {},
      // Tracks and level may both change, so no finding of before would be there to compare with.
      severities: { ...options.severities, [ofNothing]: strictest(ofNothing, settings, earlier.settings) },
    }),
  })
  const judged = (findings: readonly Finding<string>[], { severities }: CheckConfig) => [
    ...read.findings.flatMap((finding) => leveled(finding, severities?.[ofReading])),
    ...findings,
  ]
  const now = judged(verdict.findings, settings)
  const before = otherwise
    ? judged(
        (
          await check(read.change, {
            ...optionsOf(earlier.settings),
            ...(settings.allow && { allow: settings.allow }),
            ...earlierAllow,
          })
        ).findings,
        earlier.settings,
      ).filter(({ code }) => code !== ofNothing)
    : []
  const findings = [...(earlier ? changedConfig(earlier) : []), ...stricter(now, before)]
  return { read, verdict, findings, ok: findings.every(({ severity }) => severity !== 'error') }
}

const leveled = (finding: Finding<string>, level: Level | undefined): Finding<string>[] =>
  level === 'off' ? [] : [level === undefined ? finding : { ...finding, severity: level }]

async function shown(
  { read, verdict, findings, ok }: Seen,
  format: Format,
  renumbered: Renumbering['moves'],
): Promise<void> {
  const { base, head, change, mergeBase, against } = read
  const short = (commit: string) => commit.slice(0, 8)
  const about = `${head.name === 'HEAD' || head.live ? `${head.name} (${short(head.commit)}${head.live ? ' and what is not committed' : ''})` : `${head.name} (${short(head.commit)})`} compared with ${base.ref} (${short(base.commit)}, ${base.why}); they parted at ${short(mergeBase)}`
  say(
    `${about}${against.length > 0 ? `; and with ${counted(against.length, 'open branch').replace(/branchs$/, 'branches')}` : ''}`,
  )
  const sees = (verdict.tracks ?? []).map(
    ({ name, files, entries }) =>
      `the track ${visible(name)} sees ${counted(files, 'file')} with ${entries === 1 ? '1 entry' : `${entries} entries`}`,
  )
  if (sees.length > 0) say(sees)
  const texts = new Map([
    ...change.sets.flatMap((set) => [...Object.entries(set.base), ...Object.entries(set.head)]),
    ...(change.edits ?? []).map(({ path, base, head }): [string, string] => [path, head ?? base ?? '']),
  ])
  const summary = `${ok ? 'this change may be merged' : 'this change must not be merged'}${findings.length > 0 ? `: ${tally(findings)}` : ''}`
  printFindings(findings, {
    format,
    tool: 'check',
    summary:
      verdict.renumber.length > 0 && format === 'text'
        ? [summary, `\`counterfoil check --renumber\` gives ${counted(verdict.renumber.length, 'file')} a free version`]
        : summary,
    json: {
      ok,
      findings,
      renumber: verdict.renumber,
      ...(verdict.allow && { allow: verdict.allow }),
      ...(verdict.tracks && { tracks: verdict.tracks }),
      ...(renumbered.length > 0 && { renumbered }),
      base,
      head: { name: head.name, commit: head.commit },
      mergeBase,
      against: against.map(({ name }) => name),
    },
    source: (path) => texts.get(path),
    brief: true,
  })
  if (format === 'github')
    await writeStepSummary({
      title: 'counterfoil check',
      about: [about, ...sees].join('\n'),
      findings,
      ok,
      commit: process.env['GITHUB_SHA'] ?? head.commit,
    })
}

function tally(findings: readonly Finding<string>[]): string {
  const counts = (['error', 'warning', 'note'] as const).map((severity) => ({
    severity,
    count: findings.filter((finding) => finding.severity === severity).length,
  }))
  return counts
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => counted(count, severity))
    .join(', ')
}

/** Files can only be moved where they are: in the work tree of what was looked at. */
async function mayMove({ read }: Seen, { head, staged }: ChangeRequest): Promise<void> {
  if (staged)
    throw new Usage(
      '--renumber and --staged exclude each other',
      'the work tree is what it changes: leave out --staged',
    )
  if (head === undefined) return
  const commit = await commitOf(read.repository, 'HEAD', 'commit')
  if (read.repository.bare || commit !== read.head.commit)
    throw new Usage(
      `--renumber changes the work tree, and ${head} is not checked out there`,
      `check it out, and leave out --head`,
    )
}

async function mayRename({ moves }: Renumbering, signal: AbortSignal): Promise<boolean> {
  const what = counted(moves.length, 'file')
  if (!canAsk())
    throw failure(
      'not-confirmed',
      `${what} would be renamed, and there is no terminal to ask on`,
      'say yes with --yes, or look with --dry-run; nothing was done',
    )
  const yes = await confirmed(`rename ${what}?`, signal)
  if (!yes) say('nothing was done')
  return yes
}
