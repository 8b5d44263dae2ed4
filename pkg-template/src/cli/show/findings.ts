// Prints findings: as text, as JSON, as workflow commands of GitHub Actions, or as SARIF.
import { join } from 'node:path/posix'
import type { Finding, Severity } from '../../options/public.js'
import { type Format } from '../frame/command.js'
import { print, printCommands, printJson, type Lines } from '../text/print.js'
import { visible } from '../../shared/printed.js'
import { wrapped, out, type Style } from '../text/style.js'
import { picture } from './picture.js'
import { redacted } from '../text/secrets.js'
import { version } from '../text/version.js'
import { asOptions } from './wording.js'

export interface PrintOptions {
  readonly format: Format
  /** Which command found them. */
  readonly tool: string
  /** What stands below them, in text and on GitHub. */
  readonly summary?: Lines
  /** What is printed as JSON instead of `{ findings }`. */
  readonly json?: unknown
  /** The text of a file, to show the line. */
  readonly source?: (path: string) => string | undefined
  /** What stops nothing has one line, as text. */
  readonly brief?: boolean
}

/** Prints findings on standard output. Paths are relative to the working directory, or the root of the repository. */
export function printFindings(findings: readonly Finding<string>[], options: PrintOptions): void {
  const { format, summary } = options
  if (format === 'json') return printJson(options.json ?? { findings })
  if (format === 'sarif') return printJson(sarif(findings, options.tool))
  if (format === 'github') printCommands(findings.map(workflowCommand))
  else if (options.brief) {
    const [stops, others] = [findings.filter(stopping), findings.filter((finding) => !stopping(finding))]
    print(stops.flatMap((finding) => [...drawn(finding, options.source, out()), '']))
    if (others.length > 0) print([...others.map((finding) => oneLine(finding, out())), ''])
  } else print(findings.flatMap((finding) => [...drawn(finding, options.source, out()), '']))
  if (summary) print(summary)
}

/** The same findings, with paths that begin with the folder that they are in. */
export function inFolder(folder: string, findings: readonly Finding<string>[]): Finding<string>[] {
  const base = folder.replaceAll('\\', '/')
  return findings.map((finding) =>
    finding.at ? { ...finding, at: { ...finding.at, path: join(base, finding.at.path) } } : finding,
  )
}

/** The lines of a finding for a person. */
export function drawn(
  { severity, code, message, help, at, options }: Finding<string>,
  source: PrintOptions['source'],
  style: Style,
): string[] {
  return [
    `${mark(severity, style)}${style.dim(`[${code}]`)}: ${style.bold(visible(message))}`,
    ...(at ? picture(at, source?.(at.path), style) : []),
    ...(help ? note('help', asOptions(help, options), style) : []),
  ]
}

const stopping = ({ severity }: Finding<string>) => severity === 'error'

/** A finding in one line, with its place. */
function oneLine({ severity, code, message, at }: Finding<string>, style: Style): string {
  const place = at ? visible(` (${at.path}:${at.line}:${at.column})`) : ''
  return `${mark(severity, style)}${style.dim(`[${code}]`)}: ${visible(message)}${style.dim(place)}`
}

/** A line under a picture, wrapped: `  help: …`. */
export function note(name: string, text: string, style: Style): string[] {
  const [first = '', ...rest] = wrapped(text.split('\n').map(visible).join('\n'), style.width - name.length - 4)
  return [`  ${style.blue(name)}: ${first}`, ...rest.map((line) => ' '.repeat(name.length + 4) + line)]
}

const mark = (severity: Severity, style: Style) =>
  ({ error: style.red, warning: style.yellow, note: style.blue })[severity](severity)

/**
 * A workflow command of GitHub Actions: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
 * Escapes as `packages/core/src/command.ts` of actions/toolkit does.
 */
export function workflowCommand({ severity, code, message, help, at, options }: Finding<string>): string {
  const kind = { error: 'error', warning: 'warning', note: 'notice' }[severity]
  const properties = { ...(at && { file: at.path, line: at.line, col: at.column }), title: `counterfoil: ${code}` }
  const listed = Object.entries(properties).map(([name, value]) => `${name}=${property(String(value))}`)
  return `::${kind} ${listed.join(',')}::${data(help ? `${message}\n${asOptions(help, options)}` : message)}`
}

const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. */
export function sarif(findings: readonly Finding<string>[], tool: string): object {
  const ids = [...new Set(findings.map(({ code }) => code))].sort()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'counterfoil', semanticVersion: version(), rules: ids.map((id) => ({ id, name: id })) },
        },
        automationDetails: { id: `counterfoil/${tool}/` },
        columnKind: 'unicodeCodePoints',
        results: findings.map(({ code, severity, message, help, at, options }) => ({
          ruleId: code,
          ruleIndex: ids.indexOf(code),
          level: severity,
          message: { text: redacted(help ? `${message}\n${asOptions(help, options)}` : message) },
          ...(at && {
            locations: [
              {
                physicalLocation: {
                  artifactLocation: {
                    uri: at.path.split('/').map(encodeURIComponent).join('/'),
                    uriBaseId: '%SRCROOT%',
                  },
                  region: { startLine: at.line, startColumn: at.column },
                },
              },
            ],
          }),
        })),
      },
    ],
  }
}
