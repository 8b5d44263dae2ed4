// The hooks that Rollup, Rolldown and Vite share.
import { load, PluginError, virtual, type PluginOptions } from './plugin.js'

/** What the bundler offers to a hook. */
interface Context {
  addWatchFile(path: string): void
  warn(message: string): void
  meta: { watchMode?: boolean }
}

/** A plugin in the form of Rollup, which Vite and Rolldown share. */
export interface RollupPlugin {
  name: string
  resolveId(id: string): string | undefined
  load(id: string): Promise<string> | undefined
}

/** What a plugin is told when it is needed. @internal */
export interface Surroundings {
  /** The project's root. */
  root: string
  /** Whether this is development; without it, whether the bundler watches. */
  developing?: boolean | undefined
  /** Has a folder watched; without it the bundler's hook is asked to. */
  watchFolder?: ((folder: string) => void) | undefined
}

/** A plugin that asks for its surroundings when it needs them. @internal */
export function rollupPlugin(options: PluginOptions, surroundings: () => Surroundings, by: string): RollupPlugin {
  async function loaded(context: Context, id: string): Promise<string> {
    const { root, watchFolder, developing = context.meta.watchMode === true } = surroundings()
    const watch = ({ folder, files }: { folder: string; files: string[] }) => {
      if (watchFolder) watchFolder(folder)
      else for (const path of [folder, ...files]) context.addWatchFile(path)
    }
    try {
      const { code, warnings, ...watched } = await load(id, options, root, by, developing)
      watch(watched)
      for (const warning of warnings) context.warn(warning)
      return code
    } catch (error) {
      // What is wrong is mended in a file: that has to be noticed.
      if (error instanceof PluginError) watch(error)
      throw error
    }
  }
  return {
    name: 'counterfoil',
    // With a \0 in front no other plugin takes it for a file: a convention of Rollup's.
    resolveId: (id) => (virtual.test(id) ? `\0${id}` : undefined),
    load(this: unknown, id: string) {
      return isResolved(id) ? loaded(this as Context, id) : undefined
    },
  }
}

/** Whether an id is one that the plugin has resolved. @internal */
export const isResolved = (id: string) => id.startsWith('\0') && virtual.test(id.slice(1))
