// Texts that somebody else wrote (file names, SQL, rows of a ledger, what a database says), made fit to be printed. The core's
// review module has the same rule in Rust (`review/src/explain/line.rs`): a test holds both equal.

/**
 * What moves a cursor, ends a line, turns the direction of a line around or cannot be seen: controls of ASCII and of
 * Latin-1, separators of lines, controls of direction, and byte order marks.
 */
const unfit = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

const hex = (character: string) => character.charCodeAt(0).toString(16)

/** The text on one line, with what is unfit to be printed in a form that can be seen: `\u{202e}`. @internal */
export const visible = (text: string): string => text.replace(unfit, (character) => `\\u{${hex(character)}}`)

/** As JSON, which keeps such characters as data, and none of them in its own text. @internal */
export const json = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(unfit, (character) =>
    character === '\n' ? character : `\\u${hex(character).padStart(4, '0')}`,
  )
