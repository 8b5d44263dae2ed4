// Where a PGlite keeps its data. Apart from the lock, which is loaded only where there is such a place.

/** The directory of a PGlite in a Node-like runtime; undefined for one in memory or in a browser's storage. @internal */
export function nodeDataDir(dataDir: string | undefined): string | undefined {
  if (!dataDir || !globalThis.process?.getBuiltinModule?.('node:fs')) return undefined
  if (dataDir.startsWith('file://')) return dataDir.slice('file://'.length)
  return /^[a-z][a-z0-9+-]+:\/\//.test(dataDir) ? undefined : dataDir
}
