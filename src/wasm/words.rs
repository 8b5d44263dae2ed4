//! The closed sets of words, as unions in the package's declarations: each is made of the one table that
//! has the words.

use crate::convention::{self, TABLE};
use crate::error::Code;
use crate::ledger::foreign::TABLES;
use crate::ledger::tools::TOOLS;
use crate::plan::{self, POLICY};
use crate::{run, sql};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const CODES: &'static str =
    union!("CoreCode", "The code of an error that the core makes.", words_of!(Code::ALL, code => code.1));

#[wasm_bindgen(typescript_custom_section)]
const FINDINGS: &'static str = union!(
    "CoreFinding",
    "The code of a finding that the core makes, where it is none of an error.",
    convention::CODES,
    sql::steps::CODES,
    plan::CODES,
    run::CODES,
);

#[wasm_bindgen(typescript_custom_section)]
const CONVENTIONS: &'static str = union!("Convention", "A naming convention.", words_of!(TABLE, entry => entry.name));

#[wasm_bindgen(typescript_custom_section)]
const POLICIES: &'static str = union!(
    "PolicyCode",
    "A kind of drift, or a finding, whose severity can be chosen.",
    words_of!(POLICY, entry => entry.0)
);

#[wasm_bindgen(typescript_custom_section)]
const EXISTING: &'static str = union!(
    "ExistingName",
    "What may be in a database before its first migration: a tool that keeps a ledger there, or `tables`.",
    words_of!(TOOLS, tool => tool.code),
    &[TABLES],
);
