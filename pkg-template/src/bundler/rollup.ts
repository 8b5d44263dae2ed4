// `counterfoil/rollup`: the manifest of a folder of migrations as `virtual:counterfoil`, in Rollup and Rolldown.
import { rollupPlugin, type RollupPlugin } from './hooks.js'
import type { PluginOptions } from './plugin.js'

export type { PluginOptions, RollupPlugin }

/**
 * Makes `import migrations from 'virtual:counterfoil'` the manifest of a folder of migrations. The project's root is
 * the working directory.
 *
 * @example
 * ```js
 * // rollup.config.js
 * import counterfoil from 'counterfoil/rollup'
 * export default { plugins: [counterfoil({ dir: 'db/migrations' })] }
 * ```
 */
export default function counterfoil(options: PluginOptions = {}): RollupPlugin {
  return rollupPlugin(options, () => ({ root: process.cwd() }), 'counterfoil/rollup')
}
