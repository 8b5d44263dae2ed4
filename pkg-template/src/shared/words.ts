// Lists of words that JavaScript needs when it runs.

/** All the words of a union, each of them once: a list that lacks one, or has another, does not compile. @internal */
export const wordsOf = <Word extends string>(all: Readonly<Record<Word, 1>>) => Object.keys(all) as Word[]
