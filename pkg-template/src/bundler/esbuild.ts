// `counterfoil/esbuild`: the manifest of a folder of migrations as `virtual:counterfoil`, in esbuild.
import { load, PluginError, virtual, type PluginOptions } from './plugin.js'

export type { PluginOptions }

/** The part of esbuild's `PluginBuild` that is needed. */
interface Build {
  initialOptions: { absWorkingDir?: string }
  onResolve(options: { filter: RegExp }, callback: (args: { path: string }) => object): void
  onLoad(options: { filter: RegExp; namespace: string }, callback: (args: { path: string }) => Promise<object>): void
}

/**
 * Makes `import migrations from 'virtual:counterfoil'` the manifest of a folder of migrations.
 *
 * @example
 * ```js
 * import counterfoil from 'counterfoil/esbuild'
 * await esbuild.build({ entryPoints: ['src/main.js'], bundle: true, plugins: [counterfoil({ dir: 'db/migrations' })] })
 * ```
 */
export default function counterfoil(options: PluginOptions = {}): { name: string; setup(build: object): void } {
  return { name: 'counterfoil', setup: (build) => setup(build as Build, options) }
}

function setup({ initialOptions, onResolve, onLoad }: Build, options: PluginOptions): void {
  const root = initialOptions.absWorkingDir ?? process.cwd()
  onResolve({ filter: virtual }, ({ path }) => ({ path, namespace: 'counterfoil' }))
  onLoad({ filter: virtual, namespace: 'counterfoil' }, async ({ path }) => {
    try {
      const { code, folders, files, warnings } = await load(path, options, root, 'counterfoil/esbuild')
      return {
        contents: code,
        loader: 'js',
        watchDirs: folders,
        watchFiles: files,
        warnings: warnings.map((text) => ({ text })),
      }
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      const { message, loc, folders, files } = error
      return { errors: [{ text: message, location: loc ?? null }], watchDirs: folders, watchFiles: files }
    }
  })
}
