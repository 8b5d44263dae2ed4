// Where migration sets come from: a folder that is dropped on the page or chosen.

// The files that `readMigrations` of counterfoil/node takes.
const wanted =
  /\.sql$|\.sql\.conf$|(^|\/)(meta\/_journal\.json|metadata\.toml|migration_lock\.toml|\.counterfoil\/[^/]+\.json)$/
const unwanted = /^(node_modules|\.(?!counterfoil$).*)$/

/** The folder of a drop event, read: `{ title, files }`, or undefined if nothing of use was dropped. */
export async function droppedFolder(transfer) {
  // Entries must be taken before the first await: the event's data is gone after it.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean)
  const files = {}
  // The paths inside of one folder; of several things, with their own names.
  const alone = entries.length === 1
  for (const entry of entries) await walk(entry, alone && entry.isDirectory ? '' : entry.name, files)
  return found(alone ? entries[0].name : 'dropped files', files)
}

async function walk(entry, path, files) {
  if (entry.isFile) {
    if (wanted.test(path)) files[path] = await (await new Promise((done, fail) => entry.file(done, fail))).text()
    return
  }
  if (path && unwanted.test(entry.name)) return
  const reader = entry.createReader()
  for (;;) {
    // A reader gives at most a hundred entries at a time.
    const some = await new Promise((done, fail) => reader.readEntries(done, fail))
    if (some.length === 0) return
    for (const inner of some) await walk(inner, path ? `${path}/${inner.name}` : inner.name, files)
  }
}

/** The folder of an `<input type="file" webkitdirectory>`, read. */
export async function chosenFolder(list) {
  const files = {}
  let title = 'chosen folder'
  for (const file of list) {
    const [folder, ...rest] = file.webkitRelativePath.split('/')
    const path = rest.join('/')
    if (!wanted.test(path) || rest.some((part) => unwanted.test(part))) continue
    title = folder
    files[path] = await file.text()
  }
  return found(title, files)
}

const found = (title, files) => (Object.keys(files).length ? { title, files } : undefined)

const collator = new Intl.Collator('en', { numeric: true })

/** Paths, in an order that a person expects. */
export const sorted = (paths) => [...paths].sort(collator.compare)
