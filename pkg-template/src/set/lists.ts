// The lists of what baselines replace: `.counterfoil/<name>.json` beside the migrations.

/** The folder. In the core it is `convention::LISTS`. @internal */
export const lists = '.counterfoil'

/** Whether a file lies in such a folder. @internal */
export const isBeside = (path: string): boolean => `/${path}`.includes(`/${lists}/`)
