// A folder of Alembic's revisions, read.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failure } from '../shared/errors.js'
import { historyOf, isRevisionFile } from './history.js'
import type { AlembicRevisions } from './public.js'

/**
 * Reads the heads of Alembic's revision files, and which revision follows which. The files are read, not run: no Python
 * is needed, and nothing is worked out.
 *
 * @param folder `versions` beside Alembic's `env.py`, or all that `version_locations` names
 * @param options `recursive`: with subfolders, as `recursive_version_locations` says
 * @returns plain data, for `alembicReady` of `counterfoil/health`
 * @throws MigrationError `invalid-input` if a folder or file cannot be read or a file's revision is not written out, with
 *   line and column; `alembic-duplicate`, `alembic-missing-parent` or `alembic-cycle` if Alembic could not put them in order
 */
export async function readAlembicHeads(
  folder: string | URL | readonly (string | URL)[],
  options: { recursive?: boolean } = {},
): Promise<AlembicRevisions> {
  const folders = (Array.isArray(folder) ? folder : [folder]).map((each) =>
    each instanceof URL ? fileURLToPath(each) : each,
  )
  const files: Record<string, string> = Object.create(null)
  for (const each of folders) {
    if (typeof each !== 'string')
      throw failure(
        'invalid-input',
        'the folder is not a string or a URL',
        "pass the path of the folder that holds Alembic's revisions",
      )
    await walk(each, options.recursive === true, files)
  }
  if (Object.keys(files).length === 0)
    throw failure(
      'invalid-input',
      `there is no revision in ${folders.join(', ')}`,
      "pass the folder `versions` beside Alembic's env.py",
    )
  return historyOf(files)
}

async function walk(folder: string, recursive: boolean, files: Record<string, string>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw failure(
      'invalid-input',
      `the folder ${folder} cannot be read: ${cause.message}`,
      "pass the path of the folder that holds Alembic's revisions",
      cause,
    )
  })
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (recursive && entry.name !== '__pycache__') await walk(path, recursive, files)
    } else if (isRevisionFile(entry.name)) {
      files[path.replaceAll('\\', '/')] = await readFile(path, 'utf8').catch((cause) => {
        throw failure('invalid-input', `${path} cannot be read: ${cause.message}`, '', cause)
      })
    }
  }
}
