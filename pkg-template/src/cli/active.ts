// What is to be done when somebody presses Ctrl-C a second time. Apart, so that a command without a database loads no driver.

let cancel: (() => Promise<void>) | undefined

/** Says how to end what the database is doing for us. */
export function cancelWith(work: (() => Promise<void>) | undefined): void {
  cancel = work
}

/** Ends it, as well as can be. */
export async function cancelActive(): Promise<void> {
  await cancel?.().catch(() => {})
}
