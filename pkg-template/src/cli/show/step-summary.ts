// What GitHub Actions shows of a step: its summary page, and what it hands on to other steps.
import { appendOutput } from '../../shared/output.js'
import { json, visible } from '../../shared/printed.js'
import type { Finding } from '../../options/public.js'

/** What there is to show. */
export interface Summary {
  /** `counterfoil check`. */
  title: string
  /** A line or two on what was looked at. */
  about: string
  findings: readonly Finding<string>[]
  ok: boolean
  /** The commit whose files the findings are about, for links. */
  commit?: string
}

/** GitHub takes 1 MiB of a step, and nobody reads more. */
const [mostRows, mostBytes] = [200, 900_000]

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Adds to the summary of the step and sets its outputs `verdict` (`pass` or `fail`), `count` and `findings` (JSON), where
 * the environment says that there are such:
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
 */
export async function writeStepSummary(summary: Summary, env: Environment = process.env): Promise<void> {
  await added('GITHUB_STEP_SUMMARY', `${stepSummary(summary, env)}\n`, env)
  // The JSON has no line break, so nothing that was found can set another output.
  await added(
    'GITHUB_OUTPUT',
    `verdict=${summary.ok ? 'pass' : 'fail'}\ncount=${summary.findings.length}\nfindings=${json(fitting(summary.findings))}\n`,
    env,
  )
}

async function added(variable: string, text: string, env: Environment): Promise<void> {
  const path = env[variable]
  if (path) await appendOutput(path, text, { help: `see which file the environment variable ${variable} names` })
}

/** The summary as Markdown. What comes from files and names is text in it, whatever characters it has. */
export function stepSummary({ title, about, findings, ok, commit }: Summary, env: Environment = {}): string {
  const shown = findings.slice(0, mostRows)
  const lines = [`### ${plain(title)}: ${ok ? '✅ passed' : '❌ failed'}`, '', plain(about), '']
  if (shown.length > 0) lines.push('| | where | what |', '|---|---|---|')
  for (const { severity, code, message, help, at } of shown)
    lines.push(
      `| ${severity} | ${at ? linked(at, commit, env) : ''} | ${plain(message)}${help ? `<br>→ ${plain(help)}` : ''}<br><sub>${plain(code)}</sub> |`,
    )
  if (shown.length < findings.length) lines.push('', `And ${findings.length - shown.length} more.`)
  return `${lines.join('\n')}\n`
}

function linked(
  { path, line, column }: NonNullable<Finding<string>['at']>,
  commit: string | undefined,
  env: Environment,
): string {
  const place = plain(`${path}:${line}:${column}`)
  const [server, repository] = [env['GITHUB_SERVER_URL'], env['GITHUB_REPOSITORY']]
  if (!server || !repository || !commit) return place
  const url = `${server}/${repository}/blob/${commit}/${path.split('/').map(encodeURIComponent).join('/')}#L${line}`
  return `[${place}](${url.replace(/[()]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)})`
}

/** Text that is nothing but text in a cell of a Markdown table: no markup, no HTML, no other row. */
const plain = (text: string) =>
  text
    .split(/\s*[\n\t]\s*/)
    .map((line) => visible(line).replace(/[&<>|`*_[\]\\~#@!$]/g, (character) => `&#${character.charCodeAt(0)};`))
    .join('<br>')

function fitting(findings: readonly Finding<string>[]): Finding<string>[] {
  const out: Finding<string>[] = []
  let bytes = 0
  for (const finding of findings)
    if ((bytes += Buffer.byteLength(JSON.stringify(finding))) < mostBytes) out.push(finding)
  return out
}
