//! What a panic of a WebAssembly module tells. It is always a fault of this project, so it has to
//! say where it is.

use std::cell::RefCell;
use wasm_bindgen::prelude::*;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Shows every panic on the console, and keeps the last one for [`panicked`].
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        // In one line: std puts the place before the message, and a line break between them.
        let text = panic.to_string().replacen(":\n", ": ", 1);
        gloo_console::error!(&text);
        LAST.set(Some(text));
    }));
}

/// Place and message of the panic that stopped the module. Undefined if none did since the last call.
#[wasm_bindgen]
pub fn panicked() -> Option<String> {
    LAST.take()
}
