// What a password looks like in a text that somebody else wrote: the one place that knows, for the log of readiness and
// for the command line.

/**
 * `password=…` as a parameter of an address, as a keyword of a connection string, and in JSON. The value is the group,
 * with its quotes. For `matchAll` and `replace`.
 */
export const parameter = /(?:password|passphrase)(?:\s*=|["']\s*:)\s*('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s&;]+)/gi

/**
 * The text without what stands where an address or a connection string has its password. A password may contain any
 * character, an `@` too: what lies between `user:` and the last `@` of the line goes, rather too much than too little.
 */
export function withoutPasswords(text: string): string {
  // First to the last `@`, and then within it: one pass over a line, however often it says `://`.
  const addresses = text.replace(/^[^\n]*@/gm, (line) => line.replace(/(:\/\/[^\s:@/?'"`]*):[^\n]*/, '$1:***@'))
  return addresses.replace(parameter, (all, value: string) => `${all.slice(0, all.length - value.length)}***`)
}
