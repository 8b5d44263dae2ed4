//! The bindings, in whatever runs this: Node, or a browser.
#![cfg(all(target_arch = "wasm32", feature = "wasm"))]
#![allow(missing_docs)]

use counterfoil::wasm;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_checksum_is_that_of_the_canonical_text() {
    // printf 'abc\n' | sha256sum
    let expected = "sha256:edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb";
    assert_eq!(wasm::checksum(&JsValue::from_str("abc\n")).unwrap(), expected);
    assert_eq!(wasm::checksum(&JsValue::from_str("\u{feff}abc\r\n")).unwrap(), expected);
}
