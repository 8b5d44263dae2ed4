//! Public texts: what is written is read again, by the standard traits, and is what serde writes.

use counterfoil::convention::Convention;
use counterfoil::finding::Severity;
use counterfoil::ledger::{Lease, Origin, State, Tool};
use counterfoil::plan::{Action, Reason};
use counterfoil::run::When;
use counterfoil::{Code, Error};
use serde::Serialize;
use std::fmt::{Debug, Display};
use std::str::FromStr;

#[track_caller]
fn is_read_again<T: FromStr<Err = Error> + Display + Debug + PartialEq>(all: &[(T, &str)]) {
    assert!(all.len() > 1);
    for (value, text) in all {
        assert_eq!(value.to_string(), *text);
        assert_eq!(text.parse::<T>().as_ref(), Ok(value));
    }
}

#[track_caller]
fn is_what_serde_writes<T: Serialize>(all: &[(T, &str)]) {
    for (value, text) in all {
        assert_eq!(serde_json::to_value(value).expect("a text"), *text);
    }
}

#[test]
fn every_public_text_is_read_again() {
    is_read_again(Code::ALL);
    is_read_again(Severity::ALL);
    is_read_again(Action::ALL);
    is_read_again(Reason::ALL);
    is_read_again(State::ALL);
    is_read_again(Origin::ALL);
    is_read_again(Lease::ALL);
    is_read_again(When::ALL);
    is_read_again(&Convention::all().map(|convention| (convention, convention.as_str())).collect::<Vec<_>>());
    for tool in [Tool::Goose, Tool::GolangMigrate, Tool::Dbmate] {
        assert_eq!(tool.code().map(str::parse), Some(Ok(tool)));
    }
}

#[test]
fn a_text_is_the_one_that_stands_in_json() {
    is_what_serde_writes(Severity::ALL);
    is_what_serde_writes(Action::ALL);
    is_what_serde_writes(Reason::ALL);
    is_what_serde_writes(State::ALL);
    is_what_serde_writes(Origin::ALL);
    is_what_serde_writes(Lease::ALL);
    is_what_serde_writes(When::ALL);
}

#[test]
fn any_other_text_is_refused_with_those_that_there_are() {
    let error = "Warning".parse::<Severity>().expect_err("another case");
    assert_eq!(error.code(), Code::InvalidInput);
    assert_eq!(error.message(), "there is no severity \"Warning\"");
    assert_eq!(error.help(), "use one of note, warning, error");
    let error = "tables".parse::<Tool>().expect_err("no tool");
    assert_eq!(error.message(), "there is no tool \"tables\"");
}
