// `counterfoil/vite`: the manifest of a folder of migrations as `virtual:counterfoil`, in Vite.
import { isResolved, rollupPlugin, type RollupPlugin } from './hooks.js'
import { folderOf, type PluginOptions } from './plugin.js'

export type { PluginOptions }

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
  const holds = (id: string, file: string) =>
    file.startsWith(`${folderOf(id, options, root).folder.replaceAll('\\', '/')}/`)
  const plugin = {
    ...rollupPlugin(
      options,
      () => root,
      'counterfoil/vite',
      () => serves,
    ),
    configResolved(config: { root: string; command: string }) {
      root = config.root
      serves = config.command === 'serve'
    },
    configureServer({ watcher }: { watcher: { add(path: string): unknown } }) {
      // It may lie beside the project.
      watcher.add(folderOf('', options, root).folder)
    },
    // For files that are added and removed; of changed ones Vite knows which module they belong to.
    hotUpdate(this: { environment: Environment }, { file, modules }: { file: string; modules: unknown[] }) {
      const concerned = [...this.environment.moduleGraph.idToModuleMap].filter(
        ([id]) => isResolved(id) && holds(id, file),
      )
      return concerned.length > 0 ? [...new Set([...modules, ...concerned.map(([, module]) => module)])] : undefined
    },
  }
  return plugin
}
