// A command that follows a link out of the project says so.
import { readMigrations } from '../../node.js'
import { origins } from '../../set/origin.js'
import { led, ledFolder } from '../../shared/links.js'
import { say } from './print.js'

const warn = (sentences: readonly string[]): void => sentences.forEach((sentence) => say(`warning: ${sentence}`))

/** Says so of a path that is about to be read or written. */
export const sayLed = async (path: string): Promise<void> => warn(await led(path))

/** Reads a folder of migrations. @throws MigrationError as `readMigrations` does */
export async function readFolder(dir: string): Promise<Record<string, string>> {
  const files = await readMigrations(dir)
  warn(await ledFolder(dir, origins.get(files)?.links ?? []))
  return files
}
