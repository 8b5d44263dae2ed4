// A process that takes the lock of a directory over and over and notes when it has it:
// `node take-lock.mjs <module> <directory> <log> <rounds>`. Two that have it at once show in the log.
import { appendFileSync } from 'node:fs'

const [module, directory, log, rounds] = process.argv.slice(2)
const { lockDataDir } = await import(module)
const note = (what) => appendFileSync(log, `${what} ${process.pid}\n`)
process.send?.('ready')
await new Promise((go) => process.once('message', go))
for (let taken = 0; taken < Number(rounds);) {
  let lock
  try {
    lock = lockDataDir(directory)
  } catch (error) {
    if (error.code !== 'data-dir-locked' || error.cause) throw error
    await new Promise((next) => setTimeout(next, Math.random() * 3))
    continue
  }
  note('take')
  taken += 1
  // Half of the time it dies with the lock in its hands, as far as the others can see.
  if (taken === Number(rounds)) process.kill(process.pid, 'SIGKILL')
  note('give')
  lock.release()
}
