// What a page's Content-Security-Policy has to do with WebAssembly.

/** Whether a message of the browser's says that the page's policy forbids WebAssembly. @internal */
export const isForbidden = (message: string): boolean =>
  /content security policy|unsafe-eval|blocked by csp/i.test(message)

/** What to do then. @internal */
export const allowed = "allow WebAssembly: add 'wasm-unsafe-eval' to script-src of the page's Content-Security-Policy"
