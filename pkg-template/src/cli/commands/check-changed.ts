// A change that also changes how it is judged: the configuration is part of what is to be merged.
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { baseOf } from '../../git/base.js'
import type { OpenChange } from '../../git/change.js'
import { git, mergeBases, type Repository } from '../../git/repository.js'
import { withLineFeeds } from '../../shared/texts.js'
import { levels } from '../../options/levels.js'
import type { Finding, Level } from '../../options/public.js'
import type { CheckConfig } from '../config/check-config.js'
import { configOf, names, type Config } from '../config/config.js'

/** The code of what is reported here. */
export const ofConfig = 'check-config-changed'

/** How a change would have been judged without what it does to the configuration itself. */
export interface Earlier {
  settings: CheckConfig
  /** What might be weaker now; empty if nothing is. */
  weaker: string[]
  /** The configuration file, from the root of the repository. */
  path: string
}

/** What of the configuration the command line overrules. */
export interface Overruled {
  base: boolean
  against: boolean
  dirs: boolean
}

/**
 * The configuration where the change began, if the change has another one. One in JavaScript is code, which is not run here:
 * that it was changed is all that can be said.
 *
 * @param named what `--config` says
 */
export async function earlierOf(
  read: OpenChange,
  config: Config,
  named: string | undefined,
  overruled: Overruled,
): Promise<Earlier | undefined> {
  const { repository } = read
  // Without a work tree no file of it can have been read.
  if (repository.bare) return undefined
  const candidates = (named === undefined ? names : [named])
    .map((file) => ({ file, path: relative(repository.top, resolve(file)).split(sep).join('/') }))
    .filter(({ path }) => !path.startsWith('../'))
  const commit = await began(read)
  const before = await Promise.all(candidates.map(({ path }) => textAt(repository, commit, path)))
  const now = candidates.map(({ file }) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined))
  const changed = candidates.filter((_, index) => withoutReturns(before[index]) !== withoutReturns(now[index]))
  const [first] = changed
  if (first === undefined) return undefined
  const code = changed.find(({ path }) => !path.endsWith('.json'))
  if (code)
    return {
      // What it allowed before is not known either.
      settings: { ...config.check, allow: [] },
      weaker: [`${code.path} is code, and what it said before is not known`],
      path: code.path,
    }
  const index = before.findIndex((text) => text !== undefined)
  const earlier = index < 0 ? {} : await configOf(before[index] ?? '', candidates[index]?.file ?? '')
  return { settings: earlier.check ?? {}, weaker: weaker(earlier, config, overruled), path: first.path }
}

/** Whether tracks or levels differ, so that the verdict may. */
export const judgesOtherwise = (a: CheckConfig, b: CheckConfig): boolean =>
  JSON.stringify([a.tracks ?? {}, a.severities ?? {}]) !== JSON.stringify([b.tracks ?? {}, b.severities ?? {}])

/** The finding, at the level that was there before the change. */
export function changedConfig({ path, weaker, settings }: Earlier): Finding<string>[] {
  const level = settings.severities?.[ofConfig] ?? 'warning'
  if (weaker.length === 0 || level === 'off') return []
  return [
    {
      code: ofConfig,
      severity: level,
      message: `the change also changes how it is judged: ${weaker.join('; ')}`,
      help: 'levels and tracks count from the next change on; let somebody look at it, and do it in a change of its own',
      at: { path, line: 1, column: 1 },
    },
  ]
}

/** What was found by either configuration, each as bad as the stricter one says. */
export function stricter(now: readonly Finding<string>[], before: readonly Finding<string>[]): Finding<string>[] {
  const key = ({ code, message, at }: Finding<string>) => JSON.stringify([code, message, at])
  const found = new Map(now.map((finding) => [key(finding), finding]))
  for (const finding of before) {
    const same = found.get(key(finding))
    if (!same || levels.indexOf(same.severity) < levels.indexOf(finding.severity)) found.set(key(finding), finding)
  }
  return [...found.values()]
}

/** The worse of the levels that two configurations give to a code; an error is the default of it. */
export function strictest(code: string, ...settings: CheckConfig[]): Level {
  const given = settings.map(({ severities }): Level => severities?.[code] ?? 'error')
  return given.reduce((a, b) => (levels.indexOf(a) < levels.indexOf(b) ? b : a))
}

/** Where the change began. A base that the configuration names, such as HEAD, cannot vouch for it. */
async function began({ repository, base, head, mergeBase }: OpenChange): Promise<string> {
  if (base.why !== 'the configuration') return mergeBase
  try {
    const { itself, ...event } = await baseOf(repository, undefined, process.env)
    return itself ? event.commit : (await mergeBases(repository, event, { ref: head.name, commit: head.commit }))[0]
  } catch {
    return mergeBase
  }
}

async function textAt(repository: Repository, commit: string, path: string): Promise<string | undefined> {
  const { code, stdout } = await git(repository, ['cat-file', 'blob', `${commit}:${path}`], { also: [128] })
  return code === 0 ? stdout.toString() : undefined
}

const withoutReturns = (text: string | undefined) => (text === undefined ? undefined : withLineFeeds(text))

/** What is not surely as strict as before, in words. */
function weaker(before: Config, now: Config, { base, against, dirs }: Overruled): string[] {
  const out: string[] = []
  const [old, young] = [before.check ?? {}, now.check ?? {}]
  const folders = ({ check, dir }: Config) =>
    (check?.dirs ?? (dir === undefined ? [] : [dir])).map((entry) =>
      join(typeof entry === 'string' ? entry : entry.dir),
    )
  const shown = (level: Level | undefined) => level ?? 'the default'
  for (const code of new Set([...Object.keys(old.severities ?? {}), ...Object.keys(young.severities ?? {})])) {
    const [from, to] = [old.severities?.[code], young.severities?.[code]]
    const surelyNot =
      from === to ||
      to === 'error' ||
      from === 'off' ||
      (from !== undefined && to !== undefined && levels.indexOf(to) > levels.indexOf(from))
    if (!surelyNot) out.push(`${code} is ${shown(to)} instead of ${shown(from)}`)
  }
  for (const [name, track] of Object.entries(old.tracks ?? {})) {
    const other = young.tracks && Object.hasOwn(young.tracks, name) ? young.tracks[name] : undefined
    if (JSON.stringify(other) !== JSON.stringify(track))
      out.push(`the track ${name} is ${other ? 'another one' : 'gone'}`)
  }
  if (!dirs) {
    const kept = new Set(folders(now))
    out.push(
      ...folders(before)
        .filter((dir) => !kept.has(dir))
        .map((dir) => `the folder ${dir} is no longer looked at`),
    )
  }
  if (!base && old.base !== young.base)
    out.push(`it is compared with ${young.base ?? 'the default'} instead of ${old.base ?? 'the default'}`)
  if (!against)
    out.push(
      ...(old.against ?? [])
        .filter((ref) => !young.against?.includes(ref))
        .map((ref) => `it is no longer compared with ${ref}`),
    )
  return out
}
