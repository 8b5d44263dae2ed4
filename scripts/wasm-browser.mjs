// Runs a wasm-bindgen-test suite in headless Chromium: the test runner serves its page, playwright opens it.
// (The runner's own headless mode needs a chromedriver that matches the browser.)
import { spawn } from 'node:child_process'
import { freePort } from '../tests/js/support/ports.mjs'
import { launchBrowser } from './browser.mjs'
import { Stop, root } from './lib.mjs'

const limit = 300_000

/** Runs `cargo` with these arguments; the suite must end within five minutes. */
export async function browserTests(args, runner) {
  const address = `127.0.0.1:${await freePort()}`
  const env = {
    ...process.env,
    ...runner,
    NO_HEADLESS: '1',
    WASM_BINDGEN_USE_BROWSER: '1',
    WASM_BINDGEN_TEST_ADDRESS: address,
  }
  const server = spawn('cargo', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = new Promise((_, fail) => server.on('exit', (code) => fail(new Stop(`cargo ended with ${code}`))))
  let browser
  try {
    await Promise.race([served(server, address), ended])
    browser = await launchBrowser()
    const page = await browser.newPage()
    page.on('pageerror', (error) => console.error(error))
    await page.goto(`http://${address}`)
    const result = page.waitForFunction(() => /^test result: .*$/m.test(document.body.innerText), undefined, {
      timeout: limit,
    })
    await Promise.race([result, ended]).finally(async () =>
      console.log(await page.innerText('#output').catch(() => '')),
    )
    if (!/^test result: ok\./m.test(await page.innerText('#output'))) throw new Stop('a test failed in the browser')
  } finally {
    await browser?.close()
    ended.catch(() => {})
    // cargo starts the runner as its own child; both are in this group.
    if (server.exitCode === null) process.kill(process.platform === 'win32' ? server.pid : -server.pid)
  }
}

function served(server, address) {
  return new Promise((done) => {
    let text = ''
    server.stdout.on('data', (data) => {
      text += data
      if (text.includes(address)) done()
    })
  })
}
