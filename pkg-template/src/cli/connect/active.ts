// What is to be done at Ctrl-C while a database is at work. Apart, so that a command without a database loads no driver.

let cancel: (() => Promise<void>) | undefined

/** Says how to end what the database is doing for us. */
export function cancelWith(work: (() => Promise<void>) | undefined): void {
  cancel = work
}

/** Ends it, as well as can be. */
export async function cancelActive(): Promise<void> {
  await cancel?.().catch(() => {})
}

const signals = ['SIGINT', 'SIGTERM'] as const
let listeners: readonly (readonly [signal: (typeof signals)[number], listener: () => void])[] = []

/** Listens to Ctrl-C and to the signal to end. */
export function listen(stop: (code: number) => () => void, codes: Record<(typeof signals)[number], number>): void {
  listeners = signals.map((signal) => [signal, stop(codes[signal])])
  for (const [signal, listener] of listeners) process.on(signal, listener)
}

/**
 * Does what keeps this thread busy: nothing here can hear a signal meanwhile, so it is left to the system, which ends
 * the process.
 */
export async function deaf<T>(work: () => Promise<T>): Promise<T> {
  for (const [signal, listener] of listeners) process.off(signal, listener)
  try {
    return await work()
  } finally {
    for (const [signal, listener] of listeners) process.on(signal, listener)
  }
}
