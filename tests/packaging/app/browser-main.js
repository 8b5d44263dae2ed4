// The app in a page. What each part asked the server for is told apart by the parts that the page is opened with.
import { fast } from './fast.js'

async function main() {
  if (location.hash === '#pure') return (await import('./pure.js')).pure()
  return fast()
}

main().then((result) => (globalThis.result = result), ({ message, stack }) => (globalThis.result = { message, stack }))
