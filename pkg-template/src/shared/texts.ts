// What a text is whatever saved it, and where something in it is. The core has the same rules in Rust (`src/checksum.rs`,
// `src/span.rs`): a test holds both equal.

/** Without a byte order mark. @internal */
export const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '')

/** With lines that end in LF. @internal */
export const withLineFeeds = (text: string): string => text.replaceAll('\r\n', '\n')

/** Where a text ends: line and column, 1-based; the column counts code points. @internal */
export function endOf(text: string): { line: number; column: number } {
  const lines = text.split('\n')
  return { line: lines.length, column: [...lines.at(-1)!].length + 1 }
}
