// Names and texts as they are written in SQL.

/** A string literal, as the core writes it. @internal */
export const literal = (text: string) => `${text.includes('\\') ? 'E' : ''}'${text.replace(/['\\]/g, '$&$&')}'`

/** A name in double quotes. @internal */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`
