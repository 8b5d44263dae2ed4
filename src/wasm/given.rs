//! What JavaScript hands in, read field by field.
//!
//! Not by derived `Deserialize`: those readers, and what they pull in to word their errors, are
//! 20.8 KB more of the module after gzip, and no faster. See "Size and speed" in CONTRIBUTING.

use super::thrown;
use crate::error::{Code, Error};
use crate::ledger::{Existing, Lease, Ledger, Origin, Row, State, Table, TextRow};
use crate::plan::{self, Severity};
use crate::run::{self, Capabilities, Goal, Input, When};
use js_sys::{Array, Object, Reflect};
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};

/// The reading of one value, with all that is in it.
#[derive(Default)]
struct Reading {
    /// Names of fields as JavaScript strings: each is made once, however many objects are read.
    names: RefCell<Vec<(&'static str, JsValue)>>,
    /// The first thing that was wrong. Reading goes on with defaults, and comes to nothing at its
    /// end: one question there takes up less room than one after every field.
    wrong: RefCell<Option<JsValue>>,
}

impl Reading {
    /// What was read, unless something was wrong.
    fn end<T>(self, read: T) -> Result<T, JsValue> {
        match self.wrong.into_inner() {
            Some(wrong) => Err(wrong),
            None => Ok(read),
        }
    }

    fn name(&self, name: &'static str) -> JsValue {
        let mut names = self.names.borrow_mut();
        if let Some((_, string)) = names.iter().find(|(known, _)| *known == name) {
            return string.clone();
        }
        let string = JsValue::from_str(name);
        names.push((name, string.clone()));
        string
    }
}

/// An object whose fields are wanted. Every way to read one gives the default for a field that is
/// not there, undefined or null, or wrong.
struct Given<'a> {
    value: &'a JsValue,
    /// What it is, for messages.
    what: &'static str,
    /// Which of the array `what` it is, counted from 0.
    index: Option<usize>,
    reading: &'a Reading,
}

impl<'a> Given<'a> {
    fn new(value: &'a JsValue, what: &'static str, index: Option<usize>, reading: &'a Reading) -> Self {
        let given = Given { value, what, index, reading };
        if !value.is_object() {
            given.wrong("", "an object");
        }
        given
    }

    fn wrong(&self, field: &str, expected: &str) {
        let mut wrong = self.reading.wrong.borrow_mut();
        if wrong.is_some() {
            return;
        }
        let mut message = self.what.to_owned();
        if let Some(index) = self.index {
            message.push('[');
            message.push_str(&index.to_string());
            message.push(']');
        }
        if !field.is_empty() {
            message.push('.');
            message.push_str(field);
        }
        message.push_str(" is not ");
        message.push_str(expected);
        *wrong = Some(thrown(Error::new(Code::InvalidInput, message)));
    }

    /// What `read` makes of a field. It gives nothing if the field is not what is `expected`.
    fn read<T>(&self, name: &'static str, expected: &str, read: impl FnOnce(JsValue) -> Option<T>) -> Option<T> {
        let read = read(self.field(name)?);
        if read.is_none() {
            self.wrong(name, expected);
        }
        read
    }

    fn field(&self, name: &'static str) -> Option<JsValue> {
        let value = Reflect::get(self.value, &self.reading.name(name));
        if value.is_err() {
            self.wrong(name, "readable");
        }
        value.ok().filter(|value| !value.is_undefined() && !value.is_null())
    }

    fn text(&self, name: &'static str) -> Option<String> {
        self.read(name, "a string", |value| value.as_string())
    }

    fn flag(&self, name: &'static str) -> bool {
        self.read(name, "true or false", |value| value.as_bool()).unwrap_or(false)
    }

    /// A whole number of at most 53 bits.
    fn whole(&self, name: &'static str) -> Option<u64> {
        self.read(name, "a whole number", |value| {
            let number = value.as_f64()?;
            let whole = number as u64;
            (whole as f64 == number && whole < 1 << 53).then_some(whole)
        })
    }

    fn whole32(&self, name: &'static str) -> Option<u32> {
        let whole = u32::try_from(self.whole(name)?).ok();
        if whole.is_none() {
            self.wrong(name, "a whole number below 2^32");
        }
        whole
    }

    /// What one of some words means. The first is the default.
    fn word<T: Copy>(&self, name: &'static str, words: &[(T, &str)]) -> T {
        self.field(name).map_or(words[0].0, |value| self.known(name, &value, words))
    }

    fn known<T: Copy>(&self, name: &str, value: &JsValue, words: &[(T, &str)]) -> T {
        words[self.place(name, value, words.len(), &|at| words[at].1)].0
    }

    /// Which of some words it is. Not for every type of what they mean: the code would be there as many times.
    fn place<'w>(&self, name: &str, value: &JsValue, count: usize, word: &dyn Fn(usize) -> &'w str) -> usize {
        let text = value.as_string().unwrap_or_default();
        (0..count).find(|at| word(*at) == text).unwrap_or_else(|| {
            let words: Vec<&str> = (0..count).map(word).collect();
            self.wrong(name, &format!("one of {}: {text}", words.join(", ")));
            0
        })
    }

    fn array(&self, name: &'static str) -> Array {
        self.read(name, "an array", |value| value.dyn_into().ok()).unwrap_or_default()
    }

    /// Its own fields.
    fn entries(&self) -> impl Iterator<Item = (String, JsValue)> + use<> {
        let entries = if self.value.is_object() { Object::entries(self.value.unchecked_ref()) } else { Array::new() };
        entries.into_iter().map(|entry| {
            let entry: Array = entry.unchecked_into();
            (entry.get(0).as_string().unwrap_or_default(), entry.get(1))
        })
    }

    fn table(&self) -> Table {
        let Some(value) = self.field("table") else { return Table::default() };
        let table = Given::new(&value, "the option table", None, self.reading);
        let text = |name| {
            table.text(name).unwrap_or_else(|| {
                table.wrong(name, "a string");
                String::new()
            })
        };
        Table { schema: text("schema"), name: text("name") }
    }

    fn texts(&self, name: &'static str) -> Vec<String> {
        let mut texts = Vec::new();
        for text in self.array(name) {
            match text.as_string() {
                Some(text) => texts.push(text),
                None => self.wrong(name, "an array of strings"),
            }
        }
        texts
    }

    fn existing(&self) -> Existing {
        let Some(value) = self.field("existing") else { return Existing::default() };
        Existing { ignore: Given::new(&value, "the option existing", None, self.reading).texts("ignore") }
    }

    fn env(&self) -> run::Env {
        let Some(value) = self.field("env") else { return run::Env::default() };
        let given = Given::new(&value, "the option env", None, self.reading);
        run::Env::new(given.entries().map(|(name, value)| {
            let text = value.as_string();
            if text.is_none() && !value.is_undefined() && !value.is_null() {
                given.wrong(&name, "a string");
            }
            (name, text)
        }))
    }

    fn policy(&self) -> BTreeMap<String, Severity> {
        let mut policy = BTreeMap::new();
        let Some(value) = self.field("policy") else { return policy };
        let given = Given::new(&value, "the option policy", None, self.reading);
        for (key, value) in given.entries() {
            let severity = given.known(&key, &value, Severity::ALL);
            policy.insert(key, severity);
        }
        policy
    }
}

/// The ledger's rows.
pub(super) fn ledger(value: &JsValue) -> Result<Ledger, JsValue> {
    let reading = Reading::default();
    let given = Given::new(value, "the ledger", None, &reading);
    let values = given.array("rows");
    let mut rows = Vec::with_capacity(values.length() as usize);
    for (index, value) in values.iter().enumerate() {
        rows.push(row(&Given::new(&value, "rows", Some(index), &reading)));
    }
    let ledger = Ledger { exists: given.flag("exists"), rows };
    reading.end(ledger)
}

fn row(given: &Given<'_>) -> Row {
    Row {
        version: given.text("version").unwrap_or_default(),
        name: given.text("name"),
        checksum: given.text("checksum"),
        fingerprint: given.text("fingerprint"),
        applied_at: given.text("appliedAt"),
        duration_ms: given.whole("durationMs"),
        state: given.word("state", State::ALL),
        steps_done: given.whole32("stepsDone"),
        steps_total: given.whole32("stepsTotal"),
        steps: given.text("steps"),
        claimed_until: given.text("claimedUntil"),
        claimed_by: given.text("claimedBy"),
        lease: given.word("lease", Lease::ALL),
        origin: given.word("origin", Origin::ALL),
        replaced_by: given.text("replacedBy"),
    }
}

/// The options of `plan` and `readiness`.
pub(super) fn plan_options(value: &JsValue) -> Result<plan::Options, JsValue> {
    let reading = Reading::default();
    let given = Given::new(value, "options", None, &reading);
    let options = plan::Options {
        policy: given.policy(),
        table: given.table(),
        schema: given.texts("schema"),
        to: given.text("to"),
        env: given.env().names(),
    };
    reading.end(options)
}

/// The options of a run.
pub(super) fn run_options(value: &JsValue) -> Result<run::Options, JsValue> {
    let reading = Reading::default();
    let given = Given::new(value, "options", None, &reading);
    let default = run::Options::new(given.text("runner").unwrap_or_default());
    let versions = given.field("versions").map(|_| given.texts("versions"));
    let options = run::Options {
        table: given.table(),
        schema: given.texts("schema"),
        policy: given.policy(),
        existing: given.existing(),
        when: given.word("when", When::ALL),
        expect: given.text("expect"),
        lock_timeout: given.whole32("lockTimeout").unwrap_or(default.lock_timeout),
        wait_timeout: given.whole32("waitTimeout").unwrap_or(default.wait_timeout),
        lease: given.whole32("lease").unwrap_or(default.lease),
        allow_destructive: given.texts("allowDestructive"),
        to: given.text("to"),
        accept_edited: given.texts("acceptEdited"),
        versions,
        exclusive: given.flag("exclusive"),
        env: given.env(),
        runner: default.runner,
    };
    reading.end(options)
}

/// What a run is for.
pub(super) fn goal(value: &JsValue) -> Result<Goal, JsValue> {
    let reading = Reading::default();
    let given = Given::new(value, "the goal", None, &reading);
    // A goal that is not there must not become one that writes.
    let goal = given.field("goal").unwrap_or(JsValue::UNDEFINED);
    let goal = match given.known("goal", &goal, &[(0, "up"), (1, "down"), (2, "plan"), (3, "ready")]) {
        0 => Goal::Up,
        1 => Goal::Down { steps: given.whole32("steps"), to: given.text("to"), dry: given.flag("dry") },
        2 => Goal::Plan,
        _ => Goal::Ready,
    };
    reading.end(goal)
}

/// What a driver can do.
pub(super) fn capabilities(value: &JsValue) -> Result<Capabilities, JsValue> {
    let reading = Reading::default();
    let given = Given::new(value, "capabilities", None, &reading);
    let capabilities = Capabilities {
        script: given.flag("script"),
        batch: given.flag("batch"),
        interactive: given.flag("interactive"),
        limit: given.whole32("limit"),
    };
    reading.end(capabilities)
}

/// What came of a request: a failure, rows, or neither after waiting.
pub(super) fn answer(value: &JsValue) -> Result<Input, JsValue> {
    let reading = Reading::default();
    let given = Given::new(value, "the answer", None, &reading);
    if let Some(failure) = given.field("failure") {
        let given = Given::new(&failure, "the failure", None, &reading);
        let failure = run::Failure {
            sqlstate: given.text("sqlstate").unwrap_or_default(),
            message: given.text("message").unwrap_or_default(),
            detail: given.text("detail"),
            hint: given.text("hint"),
            position: given.whole32("position"),
            completed: given.whole32("completed"),
            context: given.text("context"),
            lost: given.flag("lost"),
            refused: given.flag("refused"),
            unusable: given.flag("unusable"),
        };
        return reading.end(Input::Failed(failure));
    }
    if given.field("rows").is_none() {
        return reading.end(Input::Waited);
    }
    let values = given.array("rows");
    let mut rows = Vec::with_capacity(values.length() as usize);
    for (index, value) in values.iter().enumerate() {
        let given = Given::new(&value, "rows", Some(index), &reading);
        let mut row = TextRow::new();
        for (column, value) in given.entries() {
            let text = value.as_string();
            if text.is_none() && !value.is_null() && !value.is_undefined() {
                given.wrong(&column, "a string or null");
            }
            row.insert(column, text);
        }
        rows.push(row);
    }
    reading.end(Input::Rows { rows })
}
