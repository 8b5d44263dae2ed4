// What the plugins for all bundlers share: `virtual:counterfoil` is the manifest of a folder of migrations.
import { join, resolve } from 'node:path'
import { renderManifest } from '../embed.js'
import { MigrationError } from '../shared/errors.js'
import { ledFolder } from '../shared/links.js'
import { visible } from '../shared/printed.js'
import { examine } from '../embedding/examine.js'
import { readMigrations } from '../node.js'
import { origins } from '../set/origin.js'
import type { Convention, Finding, ReadOptions } from '../options/public.js'

/** Options of the plugins. */
export interface PluginOptions {
  /** The folder of migrations, from the project's root. Default: `db/migrations`. */
  dir?: string
  /** The naming convention, if it cannot be told from the files. */
  convention?: Convention
  /** How bad each kind of drift is, where that differs from the default: what the program that runs says, too. */
  policy?: NonNullable<ReadOptions['policy']>
  /** A folder without a migration is no mistake. Default: false: it stops a build, and in development it is a warning. */
  allowEmpty?: boolean
}

/** `virtual:counterfoil`, and with a query for other folders: `virtual:counterfoil?dir=tenant/migrations`. @internal */
export const virtual = /^virtual:counterfoil(?:\?|$)/

/** The text of a virtual module, and where it comes from. @internal */
export interface Loaded {
  code: string
  /** The folder, absolute. */
  folder: string
  /** It and the folders in it, absolute: some bundlers look at what is right in a folder, and no deeper. */
  folders: string[]
  /** The files in it, absolute. */
  files: string[]
  warnings: string[]
}

/** What is wrong with the migrations, in the words and fields that bundlers show. @internal */
export class PluginError extends Error {
  override readonly name = 'MigrationError'
  /** In the form of Rollup and esbuild: the line is 1-based, the column 0-based. */
  declare readonly loc?: { file: string; line: number; column: number }
  declare readonly id?: string

  constructor(
    { message, help, at, cause }: MigrationError,
    readonly folder: string,
    readonly folders: string[],
    readonly files: string[],
  ) {
    super(
      `${visible(at ? join(folder, message) : message)}${help && `\n${help.split('\n').map(visible).join('\n')}`}`,
      { cause },
    )
    // The stack would be that of the plugin: of no use to who reads this.
    this.stack = `${this.name}: ${this.message}`
    if (at) {
      const file = join(folder, at.path)
      this.loc = { file, line: at.line, column: at.column - 1 }
      this.id = file
    }
  }
}

/** Which folder an id means. @internal */
export function folderOf(
  id: string,
  options: PluginOptions,
  root: string,
): { folder: string; convention: Convention | undefined } {
  const query = new URLSearchParams(id.split('?')[1])
  const dir = query.get('dir') ?? options.dir ?? 'db/migrations'
  return {
    folder: resolve(root, dir),
    convention: (query.get('convention') as Convention | null) ?? options.convention,
  }
}

/**
 * Reads the folder that an id means, and writes the module. In development an empty one is a warning: somebody is about to
 * write the first migration.
 *
 * @throws PluginError with what has to be watched, so that mending the file is noticed @internal
 */
export async function load(
  id: string,
  options: PluginOptions,
  root: string,
  by: string,
  developing = false,
): Promise<Loaded> {
  const { folder, convention } = folderOf(id, options, root)
  const folders = [folder]
  const files: string[] = []
  try {
    const texts = await readMigrations(folder)
    folders.push(...(origins.get(texts)?.folders ?? []).map((path) => join(folder, path)))
    files.push(...Object.keys(texts).map((path) => join(folder, path)))
    const { manifest, problems, findings, empty } = examine(texts, {
      ...(convention !== undefined && { convention }),
      ...(options.policy && { policy: options.policy }),
    })
    if (problems[0]) throw problems[0]
    const missing = options.allowEmpty ? undefined : empty
    if (missing && !developing) throw missing
    return {
      code: renderManifest(manifest, { by }),
      folder,
      folders,
      files,
      warnings: [
        ...[...findings, ...(missing ? [missing] : [])].map((finding) => worded(finding, folder)),
        ...(await ledFolder(folder, origins.get(texts)?.links ?? [])).map(visible),
      ],
    }
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error
    // One that cannot be read is not among the texts.
    if (error.at) files.push(join(folder, error.at.path))
    throw new PluginError(error, folder, folders, files)
  }
}

function worded({ message, help, at }: Pick<Finding, 'message' | 'help' | 'at'>, folder: string): string {
  return visible(`${at ? `${join(folder, at.path)}:${at.line}:${at.column}: ` : ''}${message}${help && `; ${help}`}`)
}
