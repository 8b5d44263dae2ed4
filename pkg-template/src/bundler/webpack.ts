// `counterfoil/webpack`: the manifest of a folder of migrations as `virtual:counterfoil`, in webpack.
import { load, PluginError, virtual, type PluginOptions } from './plugin.js'

export type { PluginOptions }

interface LoaderContext {
  resource: string
  addDependency(path: string): void
  addContextDependency(path: string): void
  emitWarning(warning: Error): void
}

/** The part of webpack's `Compiler` that is needed. */
interface Compiler {
  context: string
  watchMode: boolean
  hooks: { compilation: { tap(name: string, work: (compilation: object) => void): void } }
  webpack: {
    NormalModule: {
      getCompilationHooks(compilation: object): {
        readResource: {
          for(scheme: string): {
            tapPromise(name: string, read: (context: LoaderContext) => Promise<string | undefined>): void
          }
        }
      }
    }
  }
}

/**
 * Makes `import migrations from 'virtual:counterfoil'` the manifest of a folder of migrations.
 *
 * @example
 * ```js
 * // webpack.config.js
 * import counterfoil from 'counterfoil/webpack'
 * export default { plugins: [counterfoil({ dir: 'db/migrations' })] }
 * ```
 */
export default function counterfoil(options: PluginOptions = {}): { apply(compiler: object): void } {
  return {
    apply(compiler) {
      const { context, hooks, webpack } = compiler as Compiler
      // Known only when it begins to watch.
      const watches = () => (compiler as Compiler).watchMode
      hooks.compilation.tap('counterfoil', (compilation) => {
        // `virtual:` is a scheme to webpack, like `data:`. Other plugins may have ids of that scheme too.
        const { readResource } = webpack.NormalModule.getCompilationHooks(compilation)
        readResource
          .for('virtual')
          .tapPromise('counterfoil', async (loader) =>
            virtual.test(loader.resource) ? read(loader, context, options, watches()) : undefined,
          )
      })
    },
  }
}

async function read(loader: LoaderContext, root: string, options: PluginOptions, developing: boolean): Promise<string> {
  const watch = ({ folder, files }: { folder: string; files: string[] }) => {
    loader.addContextDependency(folder)
    for (const file of files) loader.addDependency(file)
  }
  try {
    const { code, warnings, ...watched } = await load(loader.resource, options, root, 'counterfoil/webpack', developing)
    watch(watched)
    for (const warning of warnings) loader.emitWarning(new Error(warning))
    return code
  } catch (error) {
    // What is wrong is mended in a file: that has to be noticed.
    if (error instanceof PluginError) watch(error)
    throw error
  }
}
