// Sets up, builds the package, then runs the given script: `node scripts/run.mjs demo/index.mjs`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { Stop, root, run, script } from './lib.mjs'
import { setup } from './setup.mjs'

await script(async () => {
  const [path, ...args] = process.argv.slice(2)
  if (!path || !existsSync(join(root, path))) throw new Stop(`there is no ${path ?? 'script to run'}`)
  await setup()
  await build()
  await run(process.execPath, [path, ...args], { stdio: 'inherit' })
})
