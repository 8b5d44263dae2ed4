// Changes to the ledger, row by row.
import type { AmendResult, LedgerChange } from '../../options/public.js'
import { visible } from '../../shared/printed.js'
import type { Style } from '../text/style.js'

const signs = { insert: ['+', 'green'], update: ['~', 'yellow'], delete: ['-', 'red'] } as const

/** A line for every row, and the row itself where it goes. */
export function changeLines({ changes, unchanged }: AmendResult, style: Style): string[] {
  const lines = changes.flatMap(({ kind, version, name, message, restore }: LedgerChange) => {
    const [sign, colour] = signs[kind]
    const title = name && name !== version ? `${version}  ${name}` : version
    return [
      `  ${style[colour](sign)}  ${visible(title)}  ${style.dim(visible(message))}`,
      ...(restore ? [`     to put it back: ${visible(restore)};`] : []),
    ]
  })
  return [
    ...lines,
    ...unchanged.map(({ version, message }) => `  =  ${visible(version)}  ${style.dim(visible(message))}`),
  ]
}
