// What is seen while migrations run: a line for each that is done, and on a terminal a bar for the one at hand.
import type { Event, NoticeEvent, RunEvent } from '../../options/public.js'
import { redraw, say } from '../text/print.js'
import { note } from './findings.js'
import { visible } from '../../shared/printed.js'
import { err, type Style } from '../text/style.js'

/** How long a run lasts before a bar is shown, in milliseconds: what is over at once needs none. */
const patience = 250
const blocks = 24

/** Follows a run. */
export class Progress {
  readonly #style = err()
  readonly #begin = performance.now()
  readonly #timer: NodeJS.Timeout | undefined
  #event: Event | undefined
  #since = performance.now()
  #drawn = false
  #said = ''

  /** `line` prints a line that stays. */
  constructor(
    private readonly line: (text: string) => void,
    private readonly marks: Style,
  ) {
    if (this.#style.live) this.#timer = setInterval(() => this.#draw(), 120).unref()
  }

  /** Takes an event of the run. */
  readonly on = (event: RunEvent): void => {
    if (event.kind === 'notice') return this.#heard(event)
    const { kind, version } = event
    if (kind === 'step' && (this.#event?.kind !== 'step' || this.#event.version !== version))
      this.#since = performance.now()
    this.#event = event
    if (kind === 'waiting') {
      // Once for each reason.
      if (!this.#style.live && this.#said !== event.name) say(`waiting ${event.name}`)
      this.#said = event.name
    } else if (kind !== 'step') this.#done(event)
    this.#draw()
  }

  /** What the database says by the way. Its place in a function is of use where something fails. */
  #heard({ severity, version, name, message, detail, hint }: NoticeEvent): void {
    this.clear()
    say([
      `${this.#style.yellow(visible(severity.toLowerCase()))}: ${visible(version || name)}: ${visible(message)}`,
      ...(detail ? note('detail', detail, this.#style) : []),
      ...(hint ? note('hint', hint, this.#style) : []),
    ])
    this.#draw()
  }

  #done({ kind, version, name }: Event): void {
    const { green, yellow, dim } = this.marks
    const [mark, note] =
      kind === 'adopted'
        ? [green('~'), 'adopted']
        : [kind === 'reverted' ? yellow('-') : green('+'), duration(performance.now() - this.#since)]
    this.clear()
    this.line(`  ${mark}  ${visible(version)}  ${visible(name)}  ${dim(note)}`)
    this.#since = performance.now()
  }

  #draw(): void {
    const event = this.#event
    if (!this.#style.live || !event || performance.now() - this.#begin < patience) return
    const { green, dim, width } = this.#style
    const { kind, done, total, version, name, step, steps } = event
    const full = total > 0 ? Math.min(blocks, Math.floor((done / total) * blocks)) : 0
    const at =
      kind === 'waiting'
        ? `waiting ${name}`
        : kind === 'step'
          ? `${version} ${name}${steps > 1 ? ` step ${step} of ${steps}` : ''}`.trim()
          : ''
    const took = duration(performance.now() - this.#begin)
    const head = `${done}/${total}  `
    const room = Math.max(8, width - blocks - head.length - took.length - 8)
    const text = visible(at)
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text
    redraw(`  ${green('█'.repeat(full))}${dim('░'.repeat(blocks - full))}  ${head}${shown}  ${dim(took)}`)
    this.#drawn = true
  }

  /** Takes the bar away, so that something else can be printed. */
  clear(): void {
    if (this.#drawn) redraw()
    this.#drawn = false
  }

  /** The run is over. */
  stop(): void {
    clearInterval(this.#timer)
    this.clear()
    this.#event = undefined
  }
}

/** Milliseconds for a person. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`
  return `${Math.floor(milliseconds / 60_000)} min ${Math.floor((milliseconds % 60_000) / 1_000)} s`
}
