//! What JavaScript hands in, read field by field.
//!
//! Not by derived `Deserialize`: those readers, and what they pull in to word their errors, were a
//! quarter of the module.

use super::thrown;
use crate::error::{Code, Error};
use crate::ledger::statements::TextRow;
use crate::ledger::{Lease, Ledger, Origin, Row, State, Table};
use crate::ordered::OrderedMap;
use crate::plan::{self, Severity};
use crate::run::{self, Capabilities, Goal, Input, When};
use crate::text::{self, fill};
use js_sys::{Array, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};

/// Names of fields as JavaScript strings: each is made once, however many objects are read.
#[derive(Default)]
struct Names(RefCell<Vec<(&'static str, JsValue)>>);

impl Names {
    fn get(&self, name: &'static str) -> JsValue {
        let mut names = self.0.borrow_mut();
        if let Some((_, string)) = names.iter().find(|(known, _)| *known == name) {
            return string.clone();
        }
        let string = JsValue::from_str(name);
        names.push((name, string.clone()));
        string
    }
}

/// An object whose fields are wanted. Every way to read one gives the default for a field that is
/// not there, undefined or null.
struct Given<'a> {
    value: &'a JsValue,
    /// What it is, for messages.
    what: &'static str,
    /// Which of the array `what` it is, counted from 0.
    index: Option<usize>,
    names: &'a Names,
}

impl<'a> Given<'a> {
    fn new(value: &'a JsValue, what: &'static str, index: Option<usize>, names: &'a Names) -> Result<Self, JsValue> {
        let given = Given { value, what, index, names };
        if value.is_object() { Ok(given) } else { Err(given.wrong("", "an object")) }
    }

    fn wrong(&self, field: &str, expected: &str) -> JsValue {
        let mut message = self.what.to_owned();
        if let Some(index) = self.index {
            message.push('[');
            text::push_number(&mut message, index as u64);
            message.push(']');
        }
        if !field.is_empty() {
            message.push('.');
            message.push_str(field);
        }
        message.push_str(" is not ");
        message.push_str(expected);
        thrown(Error::new(Code::InvalidInput, message))
    }

    fn field(&self, name: &'static str) -> Result<Option<JsValue>, JsValue> {
        match Reflect::get(self.value, &self.names.get(name)) {
            Ok(value) if value.is_undefined() || value.is_null() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(self.wrong(name, "readable")),
        }
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, JsValue> {
        let Some(value) = self.field(name)? else { return Ok(None) };
        value.as_string().map(Some).ok_or_else(|| self.wrong(name, "a string"))
    }

    fn flag(&self, name: &'static str) -> Result<bool, JsValue> {
        let Some(value) = self.field(name)? else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.wrong(name, "true or false"))
    }

    /// A whole number of at most 53 bits.
    fn whole(&self, name: &'static str) -> Result<Option<u64>, JsValue> {
        let Some(value) = self.field(name)? else { return Ok(None) };
        let number = value.as_f64().unwrap_or(-1.0);
        let whole = number as u64;
        if whole as f64 == number && whole < 1 << 53 {
            return Ok(Some(whole));
        }
        Err(self.wrong(name, "a whole number"))
    }

    fn whole32(&self, name: &'static str) -> Result<Option<u32>, JsValue> {
        let Some(whole) = self.whole(name)? else { return Ok(None) };
        u32::try_from(whole).map(Some).map_err(|_| self.wrong(name, "a whole number below 2^32"))
    }

    /// One of some words, by its index. The first is the default.
    fn word(&self, name: &'static str, words: &[&str]) -> Result<usize, JsValue> {
        let Some(value) = self.field(name)? else { return Ok(0) };
        self.known(name, &value, words)
    }

    fn known(&self, name: &str, value: &JsValue, words: &[&str]) -> Result<usize, JsValue> {
        let text = value.as_string().unwrap_or_default();
        words
            .iter()
            .position(|word| *word == text)
            .ok_or_else(|| self.wrong(name, &fill!("one of {}: {}", text::join(words, ", "), text)))
    }

    fn array(&self, name: &'static str) -> Result<Array, JsValue> {
        let Some(value) = self.field(name)? else { return Ok(Array::new()) };
        value.dyn_into().map_err(|_| self.wrong(name, "an array"))
    }

    fn table(&self) -> Result<Table, JsValue> {
        let Some(value) = self.field("table")? else { return Ok(Table::default()) };
        let table = Given::new(&value, "the option table", None, self.names)?;
        let text = |name| table.text(name)?.ok_or_else(|| table.wrong(name, "a string"));
        Ok(Table { schema: text("schema")?, name: text("name")? })
    }

    fn policy(&self) -> Result<OrderedMap<String, Severity>, JsValue> {
        let mut policy = OrderedMap::new();
        let Some(value) = self.field("policy")? else { return Ok(policy) };
        let given = Given::new(&value, "the option policy", None, self.names)?;
        for (key, value) in entries(given.value) {
            let severity = given.known(&key, &value, &["note", "warning", "error"])?;
            policy.insert(key, [Severity::Note, Severity::Warning, Severity::Error][severity]);
        }
        Ok(policy)
    }
}

/// Its own fields.
fn entries(object: &JsValue) -> impl Iterator<Item = (String, JsValue)> {
    Object::entries(object.unchecked_ref()).into_iter().map(|entry| {
        let entry: Array = entry.unchecked_into();
        (entry.get(0).as_string().unwrap_or_default(), entry.get(1))
    })
}

/// The ledger's rows.
pub(super) fn ledger(value: &JsValue) -> Result<Ledger, JsValue> {
    let names = Names::default();
    let given = Given::new(value, "the ledger", None, &names)?;
    let values = given.array("rows")?;
    let mut rows = Vec::with_capacity(values.length() as usize);
    for (index, value) in values.iter().enumerate() {
        rows.push(row(&Given::new(&value, "rows", Some(index), &names)?)?);
    }
    Ok(Ledger { exists: given.flag("exists")?, rows })
}

fn row(given: &Given<'_>) -> Result<Row, JsValue> {
    let state = given.word("state", &["applied", "running", "reverting"])?;
    let lease = given.word("lease", &["none", "alive", "over"])?;
    let origin = given.word("origin", &["applied", "adopted", "imported", "stamped"])?;
    Ok(Row {
        version: given.text("version")?.unwrap_or_default(),
        name: given.text("name")?,
        checksum: given.text("checksum")?,
        fingerprint: given.text("fingerprint")?,
        applied_at: given.text("appliedAt")?,
        duration_ms: given.whole("durationMs")?,
        state: [State::Applied, State::Running, State::Reverting][state],
        steps_done: given.whole32("stepsDone")?,
        steps_total: given.whole32("stepsTotal")?,
        claimed_until: given.text("claimedUntil")?,
        claimed_by: given.text("claimedBy")?,
        lease: [Lease::None, Lease::Alive, Lease::Over][lease],
        origin: [Origin::Applied, Origin::Adopted, Origin::Imported, Origin::Stamped][origin],
        replaced_by: given.text("replacedBy")?,
    })
}

/// The options of `plan` and `readiness`.
pub(super) fn plan_options(value: &JsValue) -> Result<plan::Options, JsValue> {
    let names = Names::default();
    let given = Given::new(value, "options", None, &names)?;
    Ok(plan::Options { policy: given.policy()?, table: given.table()? })
}

/// The options of a run.
pub(super) fn run_options(value: &JsValue) -> Result<run::Options, JsValue> {
    let names = Names::default();
    let given = Given::new(value, "options", None, &names)?;
    let default = run::Options::default();
    let mut allow_destructive = Vec::new();
    for version in given.array("allowDestructive")? {
        let version = version.as_string();
        allow_destructive.push(version.ok_or_else(|| given.wrong("allowDestructive", "an array of strings"))?);
    }
    Ok(run::Options {
        table: given.table()?,
        policy: given.policy()?,
        when: [When::Apply, When::Wait, When::Refuse][given.word("when", &["apply", "wait", "refuse"])?],
        expect: given.text("expect")?,
        lock_timeout: given.whole32("lockTimeout")?.unwrap_or(default.lock_timeout),
        wait_timeout: given.whole32("waitTimeout")?.unwrap_or(default.wait_timeout),
        lease: given.whole32("lease")?.unwrap_or(default.lease),
        allow_destructive,
        exclusive: given.flag("exclusive")?,
        asked: given.flag("asked")?,
        runner: given.text("runner")?.unwrap_or_default(),
    })
}

/// What a run is for.
pub(super) fn goal(value: &JsValue) -> Result<Goal, JsValue> {
    let names = Names::default();
    let given = Given::new(value, "the goal", None, &names)?;
    // A goal that is not there must not become one that writes.
    let goal = given.field("goal")?.unwrap_or(JsValue::UNDEFINED);
    Ok(match given.known("goal", &goal, &["up", "down", "plan", "ready"])? {
        0 => Goal::Up,
        1 => Goal::Down { steps: given.whole32("steps")?, to: given.text("to")? },
        2 => Goal::Plan,
        _ => Goal::Ready,
    })
}

/// What a driver can do.
pub(super) fn capabilities(value: &JsValue) -> Result<Capabilities, JsValue> {
    let names = Names::default();
    let given = Given::new(value, "capabilities", None, &names)?;
    Ok(Capabilities {
        script: given.flag("script")?,
        batch: given.flag("batch")?,
        interactive: given.flag("interactive")?,
        limit: given.whole32("limit")?,
    })
}

/// What came of a request: a failure, rows, or neither after waiting.
pub(super) fn answer(value: &JsValue) -> Result<Input, JsValue> {
    let names = Names::default();
    let given = Given::new(value, "the answer", None, &names)?;
    if let Some(failure) = given.field("failure")? {
        let given = Given::new(&failure, "the failure", None, &names)?;
        return Ok(Input::Failed(run::Failure {
            sqlstate: given.text("sqlstate")?.unwrap_or_default(),
            message: given.text("message")?.unwrap_or_default(),
            detail: given.text("detail")?,
            hint: given.text("hint")?,
            position: given.whole32("position")?,
            completed: given.whole32("completed")?,
            context: given.text("context")?,
            lost: given.flag("lost")?,
        }));
    }
    if given.field("rows")?.is_none() {
        return Ok(Input::Waited);
    }
    let values = given.array("rows")?;
    let mut rows = Vec::with_capacity(values.length() as usize);
    for (index, value) in values.iter().enumerate() {
        let given = Given::new(&value, "rows", Some(index), &names)?;
        let mut row = TextRow::new();
        for (column, value) in entries(given.value) {
            let text = value.as_string();
            if text.is_none() && !value.is_null() && !value.is_undefined() {
                return Err(given.wrong(&column, "a string or null"));
            }
            row.insert(column, text);
        }
        rows.push(row);
    }
    Ok(Input::Rows { rows })
}
