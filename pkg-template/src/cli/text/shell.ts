// Words of a shell of the Bourne family.

/** In single quotes. @internal */
export const inQuotes = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** A word, in quotes if it needs them. @internal */
export const word = (text: string) => (/^[\w./:@%+=,-]+$/.test(text) ? text : inQuotes(text))
