// Lists of words that JavaScript needs when it runs: types only.

/** What does not compile if a list lacks one of the words of a union. @internal */
export type All<Word extends List[number], List extends readonly string[]> = readonly Word[]
