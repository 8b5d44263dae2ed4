// What surrounds a run on the caller's side: time, progress, and being told to stop.
import type { Outcome } from './driver.js'
import type { Event } from '../core/core.js'
import type { RunEvent } from '../options/public.js'
import type { Settings } from '../options/options.js'

/** Time, progress and the abort signal of one run. @internal */
export class Watch {
  #trouble: unknown
  #troubled = false
  /** The step that is under way. */
  #step: Event | undefined
  /** Versions of what was applied. */
  readonly applied: string[] = []

  constructor(
    private readonly settings: Settings,
    private readonly begin: number,
  ) {}

  /** Milliseconds since the run began; never goes back. */
  elapsed(): number {
    return performance.now() - this.begin
  }

  /** Hands events to the caller, whose errors must not stop a migration half-way. */
  tell(events: readonly Event[] = []): void {
    for (const event of events) {
      this.#step = event.kind === 'step' ? event : undefined
      if (event.kind === 'applied') this.applied.push(event.version)
      this.#hand(event)
    }
  }

  /** Hands on what the database says by the way, while a step is under way. */
  notice(notice: unknown): void {
    const { severity, code, message, detail, hint, where } = Object(notice) as Record<string, unknown>
    if (!this.#step || typeof message !== 'string') return
    const given = { sqlstate: code, detail, hint, context: where }
    const more = Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string' && value))
    this.#hand({ ...this.#step, kind: 'notice', severity: String(severity), message, ...more })
  }

  #hand(event: RunEvent): void {
    try {
      const result = this.settings.onProgress?.(event)
      // A promise that nobody waits for would end a Node process if it were rejected.
      if (result instanceof Promise) result.catch((error) => this.#note(error))
    } catch (error) {
      this.#note(error)
    }
  }

  #note(error: unknown): void {
    if (!this.#troubled) this.#trouble = error
    this.#troubled = true
  }

  /** The outcome, with a finding if `onProgress` failed. */
  noted(outcome: Outcome): Outcome {
    if (!this.#troubled || !('applied' in outcome)) return outcome
    const message = `onProgress failed: ${this.#trouble instanceof Error ? this.#trouble.message : String(this.#trouble)}`
    const help = 'see to it that the function does not throw; the run was not affected'
    return {
      ...outcome,
      findings: [...outcome.findings, { code: 'progress-failed', severity: 'warning', message, help }],
    }
  }

  /** Whether the run was told to stop. */
  get aborted(): boolean {
    return this.settings.signal?.aborted === true
  }

  /** Waits, unless the run is told to stop. */
  async wait(milliseconds: number): Promise<void> {
    const { signal } = this.settings
    if (this.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      signal?.addEventListener('abort', done)
    })
  }
}
