// How much of a long list an error message has.

const most = 20

/** The first of them in one line, and how many more there are. @internal */
export const first = (all: readonly string[]): string =>
  `${all.slice(0, most).join('; ')}${all.length > most ? `; and ${all.length - most} more` : ''}`
