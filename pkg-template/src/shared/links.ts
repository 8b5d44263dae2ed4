// Symbolic links that lead out of a project. They are followed, and whoever follows them says so: what is read or written
// then is not what stands where somebody has looked.
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { projectOf } from './output.js'

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(join(folder, sep))

/**
 * Where a path leads to, if links lead it out of its project: that of the working directory, or for what is named
 * elsewhere its own. What stays in `folder`, wherever that is, is not led out. @internal
 */
export async function ledOut(path: string, folder?: string): Promise<string | undefined> {
  const named = resolve(path)
  const here = await projectOf('.')
  const project = within(named, here) ? here : await projectOf(folder ?? dirname(named))
  const target = await realOf(named)
  // What does not exist is for whoever reads it to say.
  if (target === undefined) return undefined
  const inside = await Promise.all([project, ...(folder === undefined ? [] : [folder])].map((of) => realpath(of)))
  return inside.some((of) => within(target, of)) ? undefined : target
}

/** A sentence on a path that is led out of its project; none if it is not. @internal */
export async function led(path: string): Promise<string[]> {
  const target = await ledOut(path)
  return target === undefined ? [] : [`${path} leads out of the project through a symbolic link, to ${target}`]
}

/** Sentences on a folder of migrations, and on the links in it. @internal */
export async function ledFolder(folder: string, links: readonly string[]): Promise<string[]> {
  const said = await led(folder)
  let [count, first] = [0, '']
  for (const path of links) {
    const target = await ledOut(join(folder, path), folder)
    if (target !== undefined && ++count === 1) first = `${join(folder, path)} leads to ${target}`
  }
  if (count === 1) said.push(`a symbolic link leads out of the project: ${first}`)
  if (count > 1) said.push(`${count} symbolic links lead out of the project: ${first}, and so on`)
  return said
}

/** Where it really is: of what is not there yet, by the folders that are. */
async function realOf(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined || dirname(path) === path) return real
  const folder = await realOf(dirname(path))
  return folder === undefined ? undefined : join(folder, basename(path))
}
