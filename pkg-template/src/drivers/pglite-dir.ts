// Where a PGlite keeps its data.

/** The directory of a PGlite in a Node-like runtime; undefined for one in memory or in a browser's storage. @internal */
export function nodeDataDir(dataDir: string | undefined): string | undefined {
  if (!dataDir || !globalThis.process?.getBuiltinModule?.('node:fs')) return undefined
  if (dataDir.startsWith('file://')) return dataDir.slice('file://'.length)
  return /^[a-z][a-z0-9+-]+:\/\//.test(dataDir) ? undefined : dataDir
}

/** One name for a database in a browser's storage, IndexedDB or OPFS, however it is written; undefined for any other. @internal */
export function storageName(dataDir: string | undefined): string | undefined {
  const [, kind, path] = /^(idb|[\w-]*opfs[\w-]*):\/\/(.*)$/s.exec(dataDir ?? '') ?? []
  if (kind === undefined) return undefined
  // PGlite makes a path of it, in which these say nothing.
  const parts = path!.split('/').filter((part) => part !== '' && part !== '.')
  return `${kind}://${parts.join('/')}`
}
