// The splitter against PostgreSQL's own parser and scanner, for as long as one likes:
//
//     node fuzz/splits.mjs [inputs] [seed]
//
// A million inputs take some five minutes. The seed is a new one every time, and is printed: with it the same inputs come
// again. It stops at the first difference, prints the input as it came and made smaller, and ends with 1.
import { loadModule } from 'libpg-query'
import { mutatedScripts } from '../tests/js/support/mutated-sql.mjs'
import { compared } from '../tests/js/support/split-oracle.mjs'

const [inputs = '100000', seed = String(Date.now() % 2 ** 32)] = process.argv.slice(2)
await loadModule()
console.log(`seed ${seed}`)

const failure = (text) => {
  try {
    compared(text)
    return undefined
  } catch (error) {
    return error
  }
}

/** The text without all that it can do without and still fail. */
function smaller(text) {
  for (let size = text.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at < text.length;) {
      const shorter = text.slice(0, at) + text.slice(at + size)
      if (shorter.isWellFormed() && failure(shorter)) text = shorter
      else at += size
    }
  return text
}

const count = {}
const scripts = mutatedScripts(Number(seed))
for (let number = 1; number <= Number(inputs); number++) {
  const text = scripts.next().value
  const error = failure(text)
  if (error) {
    const least = smaller(text)
    console.log(
      `input ${number}: ${JSON.stringify(text)}\n\nmade smaller: ${JSON.stringify(least)}\n${failure(least).message}`,
    )
    process.exit(1)
  }
  const kind = compared(text)
  count[kind] = (count[kind] ?? 0) + 1
}
console.log(count)
