//! What a panic of a module tells its JavaScript. In a file of its own: a module that has panicked
//! serves for nothing else.
#![cfg(all(target_arch = "wasm32", feature = "wasm"))]
#![allow(missing_docs)]

use js_sys::Function;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_panic_says_where_it_is_and_is_kept_for_javascript() {
    counterfoil::panics::start();
    assert_eq!(counterfoil::panics::panicked(), None);
    let (line, closure) = (line!(), Closure::<dyn FnMut()>::new(|| panic!("seven is too many")));
    let stopped = closure.as_ref().unchecked_ref::<Function>().call0(&JsValue::NULL);
    assert!(stopped.is_err());
    let told = counterfoil::panics::panicked().unwrap_or_default();
    let place = told.split_once(&format!("tests/wasm_panics.rs:{line}:")).map(|(before, _)| before);
    assert!(place.is_some_and(|before| before.starts_with("panicked at ")), "{told}");
    assert!(told.ends_with(": seven is too many"), "{told}");
    assert_eq!(counterfoil::panics::panicked(), None);
    std::mem::forget(closure);
}
