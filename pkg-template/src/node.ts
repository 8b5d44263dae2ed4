// A folder of migrations, read.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Reads a folder of migrations. */
export async function readMigrations(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = Object.create(null)
  for (const name of await readdir(directory)) files[name] = await readFile(join(directory, name), 'utf8')
  return files
}
