// Finds and starts a Chromium for the browser tests.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { onPath } from './lib.mjs'

const usual = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => [
    join(process.env[name] ?? 'C:\\', 'Google\\Chrome\\Application\\chrome.exe'),
    join(process.env[name] ?? 'C:\\', 'Microsoft\\Edge\\Application\\msedge.exe'),
  ]),
}

/** What to give to playwright's `launch` to start a Chromium; undefined if there is none. */
export function findBrowser() {
  const given = process.env.CHROME_PATH
  if (given) return existsSync(given) ? { executablePath: given } : undefined
  const path =
    onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome') ??
    usual[process.platform]?.find((path) => existsSync(path))
  if (path) return { executablePath: path }
  const own = process.env.PLAYWRIGHT_BROWSERS_PATH
  return existsSync(own) && readdirSync(own).some((name) => name.startsWith('chromium')) ? {} : undefined
}

/** What a headless Chromium is started with, and `more` arguments. */
export function launchOptions(more = []) {
  // Chromium's own sandbox does not work for root, which is what containers run as.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return { ...findBrowser(), headless: true, args: [...args, ...more] }
}

/** Starts a headless Chromium. The caller closes it. */
export async function launchBrowser(more = []) {
  const { chromium } = await import('playwright-core')
  return chromium.launch(launchOptions(more))
}
