// `counterfoil/vite`: the manifest of a folder of migrations as `virtual:counterfoil`, in Vite.
import { isResolved, rollupPlugin, type RollupPlugin } from './hooks.js'
import { folderOf, type PluginOptions } from './plugin.js'

export type { PluginOptions }

/** Of Vite's development server: what looks at files. */
interface Server {
  watcher: { add(path: string): unknown }
}

/** Of Vite's environment: where its modules are kept. */
interface Environment {
  moduleGraph: { idToModuleMap: ReadonlyMap<string, unknown> }
}

/**
 * Makes `import migrations from 'virtual:counterfoil'` the manifest of a folder of migrations. In development the page
 * is loaded again when a migration is changed, added or removed.
 *
 * @example
 * ```js
 * // vite.config.js
 * import counterfoil from 'counterfoil/vite'
 * export default { plugins: [counterfoil({ dir: 'db/migrations' })] }
 * ```
 */
export default function counterfoil(options: PluginOptions = {}): RollupPlugin {
  let root = process.cwd()
  let serves = false
  let watchFolder: ((folder: string) => void) | undefined
  const holds = (id: string, file: string) =>
    file.startsWith(`${folderOf(id, options, root).folder.replaceAll('\\', '/')}/`)
  const plugin = {
    ...rollupPlugin(options, () => ({ root, developing: serves, watchFolder }), 'counterfoil/vite'),
    configResolved(config: { root: string; command: string }) {
      root = config.root
      serves = config.command === 'serve'
      watchFolder = undefined
    },
    configureServer({ watcher }: Server) {
      // To the server, what `addWatchFile` is given is a module that is imported, and a folder is none. The folder may
      // lie beside the project.
      watchFolder = (folder) => void watcher.add(folder)
    },
    hotUpdate(this: { environment: Environment }, { file, modules }: { file: string; modules: unknown[] }) {
      const concerned = [...this.environment.moduleGraph.idToModuleMap].filter(
        ([id]) => isResolved(id) && holds(id, file),
      )
      return concerned.length > 0 ? [...new Set([...modules, ...concerned.map(([, module]) => module)])] : undefined
    },
  }
  return plugin
}
