// The README and the pages of docs/, for the tests that hold them to what is so.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** `{ path, text }` of the README and of every page, relative to a folder that has both. */
export function pagesOf(folder) {
  const docs = readdirSync(join(folder, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
  return ['README.md', ...docs.map((name) => `docs/${name}`)].map((path) => ({
    path,
    text: readFileSync(join(folder, path), 'utf8').replaceAll('\r\n', '\n'),
  }))
}

export const pages = pagesOf(root)

/** The text of a page. */
export function page(path) {
  const found = pages.find((one) => one.path === path)
  if (!found) throw new Error(`there is no page ${path}`)
  return found.text
}

/** The block that stands under `<!-- name -->`, on whichever page. */
export function block(name) {
  const marks = pages.filter(({ text }) => text.includes(`<!-- ${name} -->\n`))
  if (marks.length !== 1) throw new Error(`<!-- ${name} --> stands on ${marks.length} pages`)
  return marks[0].text.split(`<!-- ${name} -->\n`)[1].match(/^`{3}\w+\n([^]+?)`{3}/)[1]
}

/** The anchors of a page's headings, as GitHub makes them: lower case, spaces to `-`, a second one with `-1`. */
export function anchors(text) {
  const seen = new Map()
  return new Set(
    [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
      const slug = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
        .replaceAll(' ', '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count ? `${slug}-${count}` : slug
    }),
  )
}

/** Links of a page: `](target)`, outside code. */
export const links = (text) => [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)

/** Lines of fences that are not closed, or closed by what opens another one. */
export function openFences(text) {
  const wrong = []
  let open
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence, info] = line.match(/^\s*(`{3,})(.*)$/) ?? []
    if (!fence) continue
    if (open === undefined) open = { index, fence }
    else if (info) wrong.push(index + 1)
    else if (fence.length >= open.fence.length) open = undefined
  }
  return open ? [...wrong, open.index + 1] : wrong
}

const prose = (text) =>
  text.replace(/^(`{3,})[^\n]*\n[^]*?^\1 *$/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''))
