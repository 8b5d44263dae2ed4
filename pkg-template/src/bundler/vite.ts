// `counterfoil/vite`: the manifest of a folder of migrations as `virtual:counterfoil`, in Vite.
import { fileURLToPath } from 'node:url'
import { isResolved, rollupPlugin, type RollupPlugin } from './hooks.js'
import { folderOf, type PluginOptions } from './plugin.js'

export type { PluginOptions }

/** A module, as Vite's development server knows it. */
interface Module {
  /** Undefined until it has been loaded. */
  isSelfAccepting?: boolean | undefined
}

/** Where Vite's development server keeps its modules. */
interface Modules {
  idToModuleMap: ReadonlyMap<string, Module>
  invalidateModule(module: Module): void
}

/** What tells pages of changes. */
interface Pages {
  send(what: { type: 'full-reload' }): void
}

/** Vite's development server. */
interface Server {
  watcher: {
    add(path: string): unknown
    on(event: 'add' | 'change' | 'unlink', told: (file: string) => void): unknown
  }
  /** From Vite 6 on. */
  environments?: object
  /** The rest is of Vite 5. */
  moduleGraph: Modules
  reloadModule(module: Module): Promise<void>
  ws: Pages
}

/** One of the environments that Vite has from 6 on. */
interface Environment {
  name: string
  moduleGraph: Modules
  hot: Pages
}

/** The folder of this package, as Vite writes it. A package that npm has linked lies outside the project. */
const own = fileURLToPath(new URL('..', import.meta.url)).replaceAll('\\', '/')

/**
 * Makes `import migrations from 'virtual:counterfoil'` the manifest of a folder of migrations, in pages, workers and
 * server-side code. In development the page is loaded again when a migration is changed, added or removed. Vite 5 to 8.
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
  /** The modules that come from the folder of this file. */
  const concerned = ({ idToModuleMap }: Modules, file: string) =>
    [...idToModuleMap].filter(([id]) => isResolved(id) && holds(id, file)).map(([, module]) => module)
  /** One that could not be loaded has no importer yet that Vite would tell. */
  const isNew = ({ isSelfAccepting }: Module) => isSelfAccepting === undefined
  const reload = (modules: Module[], graph: Modules, pages: Pages) => {
    for (const module of modules) graph.invalidateModule(module)
    pages.send({ type: 'full-reload' })
  }
  const plugin = {
    ...rollupPlugin(options, () => ({ root, developing: serves || undefined, watchFolder }), 'counterfoil/vite'),
    // A worker is built by itself, with plugins of its own.
    config: () => ({ worker: { plugins: () => [counterfoil(options)] } }),
    configResolved(config: { root: string; command: string; server: { fs: { allow: string[] } } }) {
      root = config.root
      serves = config.command === 'serve'
      watchFolder = undefined
      // In `config` this would take the place of what is allowed by default.
      config.server.fs.allow.push(own)
    },
    configureServer(server: Server) {
      const { watcher, environments, moduleGraph, ws } = server
      // To the server, what `addWatchFile` is given is a module that is imported, and a folder is none. The folder may
      // lie beside the project.
      watchFolder = (folder) => void watcher.add(folder)
      if (environments) return
      // Vite 5 asks no plugin about a file that is added or removed.
      const changed = (path: string) => {
        const modules = concerned(moduleGraph, path.replaceAll('\\', '/'))
        if (modules.some(isNew)) reload(modules, moduleGraph, ws)
        else for (const module of modules) void server.reloadModule(module)
      }
      for (const event of ['add', 'change', 'unlink'] as const) watcher.on(event, changed)
    },
    hotUpdate(this: { environment: Environment }, { file, modules }: { file: string; modules: unknown[] }) {
      const { name, moduleGraph, hot } = this.environment
      const found = concerned(moduleGraph, file)
      // What runs server-side modules looks for one that was made of this file, and there is none.
      if (name === 'client' ? found.some(isNew) : found.length > 0) reload(found, moduleGraph, hot)
      return found.length > 0 ? [...new Set([...modules, ...found])] : undefined
    },
  }
  return plugin
}
