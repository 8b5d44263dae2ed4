//! How JavaScript comes in. Each function takes one JSON text and returns one; an [`Error`](counterfoil::Error) is thrown
//! as in the core's bindings. The types of both texts are those of the package's TypeScript.

pub mod amend;
pub mod aside;
#[cfg(feature = "wasm")]
pub mod bindings;
pub mod check;
pub mod explain;
pub mod inquiry;
pub mod lint;
pub mod losses;
pub mod message;
pub mod next;
pub mod schema;
pub mod squash;
#[cfg(feature = "wasm")]
mod words;
