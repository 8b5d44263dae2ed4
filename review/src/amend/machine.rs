//! Reads the ledger, has the changes drawn up, and writes them.

use super::change::cells;
use super::errand::{Draft, Errand, Seen};
use super::report::{Report, Status, digest};
use counterfoil::finding::Severity;
use counterfoil::ledger::shape::{self, Shape};
use counterfoil::ledger::statements::{self, Around, Fault, TextRow};
use counterfoil::ledger::{Lease, Ledger, State};
use counterfoil::mention::Mention;
use counterfoil::run::failure::{self, Kind};
use counterfoil::run::pace::{self, MOST_LOSSES, MOST_RACES, TOO_MANY_CONNECTIONS};
use counterfoil::run::{Failure, Setup};
use counterfoil::{Code, Error};

/// How it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Only say what would be changed.
    pub dry: bool,
    /// The digest of what was reviewed: do exactly that or stop.
    pub expect: Option<String>,
    /// A random number: no two that wait do so alike.
    pub seed: u32,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send one statement, whose rows are wanted.
    Query(String),
    /// Send these as one transaction.
    Write(Vec<String>),
    /// Wait so many milliseconds.
    Wait(u32),
    /// All is well.
    Done(Box<Report>),
    /// It has failed. The ledger is as it was.
    Failed(Error),
}

/// What came of an [`Output`].
#[derive(Clone, Debug)]
pub enum Input {
    /// It was done; the rows, if it was a query.
    Rows(Vec<TextRow>),
    /// The database refused it, or the connection broke.
    Failed(Failure),
    /// The time is over.
    Waited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    Shape,
    Rows,
    Question,
    Write,
    Waiting,
    Over,
}

/// What is drawn up.
#[derive(Clone, Debug)]
struct Plan {
    draft: Draft,
    digest: String,
}

/// Changes a ledger. See [`crate::amend`].
#[derive(Debug)]
pub struct Machine<E> {
    setup: Setup,
    ask: Ask,
    errand: E,
    phase: Phase,
    /// The table's columns; empty if it is not there.
    present: Vec<String>,
    /// Whether they are all of ours.
    whole: bool,
    /// What is around the table.
    around: Around,
    seen: Seen,
    heard: Vec<Vec<TextRow>>,
    /// What was sent, and whether nobody knows what came of it.
    plan: Option<Plan>,
    doubt: bool,
    losses: u32,
    races: u32,
    attempts: u32,
    since: Option<u64>,
    now: u64,
    reached: bool,
}

impl<E: Errand> Machine<E> {
    /// One that has not begun.
    pub fn new(setup: Setup, ask: Ask, errand: E) -> Self {
        Machine {
            setup,
            ask,
            errand,
            phase: Phase::Fresh,
            present: Vec::new(),
            whole: false,
            around: Around::default(),
            seen: Seen::default(),
            heard: Vec::new(),
            plan: None,
            doubt: false,
            losses: 0,
            races: 0,
            attempts: 0,
            since: None,
            now: 0,
            reached: false,
        }
    }

    /// The next thing to do. `input` is what came of the last one; the first call has none. `now` counts milliseconds from any
    /// moment and never goes back.
    pub fn next(&mut self, input: Option<Input>, now: u64) -> Output {
        self.now = now;
        let output = match (input, self.phase) {
            (None, Phase::Fresh) | (Some(Input::Waited), Phase::Waiting) => self.look(),
            (Some(Input::Rows(rows)), phase) => {
                self.reached = true;
                self.answered(phase, rows)
            }
            (Some(Input::Failed(failure)), phase) => self.failed(phase, &failure),
            _ => Output::Failed(
                Error::new(Code::OutOfTurn, "the change was handed an input that it did not ask for")
                    .with_help("hand back exactly one input for every output, and nothing after the end"),
            ),
        };
        if matches!(output, Output::Done(_) | Output::Failed(_)) {
            self.phase = Phase::Over;
        }
        output
    }

    /// Tells it to stop, in place of what it has given out last. None: it is over, or has to see first what came of what it
    /// has sent.
    pub fn abort(&mut self) -> Option<Output> {
        if self.doubt || self.phase == Phase::Over {
            return None;
        }
        self.phase = Phase::Over;
        let error =
            Error::new(Code::Aborted, "the run was told to stop").with_help("nothing was written: run it again");
        Some(Output::Failed(error))
    }

    /// Reads the ledger from the beginning.
    fn look(&mut self) -> Output {
        self.phase = Phase::Shape;
        self.heard.clear();
        Output::Query(format!(
            "select s.*, {} from ({}) s",
            statements::OPEN,
            statements::shape(&self.setup.options.table)
        ))
    }

    fn answered(&mut self, phase: Phase, rows: Vec<TextRow>) -> Output {
        match phase {
            Phase::Shape => self.shaped(rows),
            Phase::Rows => self.read(rows),
            Phase::Question => {
                self.heard.push(rows);
                self.question()
            }
            Phase::Write => self.written(),
            Phase::Fresh | Phase::Waiting | Phase::Over => self.look(),
        }
    }

    fn shaped(&mut self, rows: Vec<TextRow>) -> Output {
        // Only a script goes to a session that a caller may have.
        if !self.ask.dry && self.setup.capabilities.script && statements::is_open(&rows) {
            return Output::Failed(failure::open_transaction(false));
        }
        self.around = statements::around(&rows);
        let rails = rows.iter().any(|row| row.get("rails").is_some_and(Option::is_some));
        let text = |row: &TextRow, name: &str| row.get(name).cloned().flatten();
        let columns: Vec<(String, String)> =
            rows.iter().filter_map(|row| Some((text(row, "name")?, text(row, "type").unwrap_or_default()))).collect();
        let found = shape::shape(&columns, rails);
        self.present = columns.into_iter().map(|(name, _)| name).collect();
        self.whole = found == Shape::Counterfoil;
        let table = &self.setup.options.table;
        match found {
            Shape::Foreign(tool) => Output::Failed(self.errand.taken(&self.setup, tool)),
            Shape::Missing => {
                self.seen = Seen::default();
                self.question()
            }
            _ => {
                self.phase = Phase::Rows;
                let present = (!self.whole).then_some(&*self.present);
                Output::Query(statements::rows(table, present))
            }
        }
    }

    fn read(&mut self, mut rows: Vec<TextRow>) -> Output {
        let table = &self.setup.options.table;
        if let Some(kind) = statements::lacks_key(&rows) {
            return Output::Failed(shape::without_key(table, kind));
        }
        if let Some(error) = shape::hidden(table, &rows, !self.ask.dry) {
            return Output::Failed(error);
        }
        self.seen.rows.clear();
        self.seen.rows.extend(rows.iter().filter_map(|row| Some((row.get("version")?.clone()?, cells(row)))));
        // A state that is not known is not that of what has come to its end. What it is to be is said here.
        for row in &mut rows {
            let state = row.get("state").and_then(Option::as_deref);
            if state.is_some_and(|state| !State::ALL.iter().any(|(_, known)| *known == state)) {
                row.insert("state".into(), Some(State::Running.as_str().into()));
            }
        }
        match statements::read(table, rows) {
            Err(error) => Output::Failed(error),
            Ok(Ledger { mut rows, exists, .. }) => {
                for row in rows.iter_mut().filter(|row| row.lease == Lease::Alive) {
                    // With a lock of the caller's there is nobody else.
                    if self.setup.options.exclusive {
                        row.lease = Lease::Over;
                    }
                }
                self.seen.ledger = Ledger { exists, rows };
                self.question()
            }
        }
    }

    fn question(&mut self) -> Output {
        self.phase = Phase::Question;
        match self.errand.question(&self.setup, &self.seen, &self.heard) {
            Err(error) => Output::Failed(error),
            Ok(Some(sql)) => Output::Query(sql),
            Ok(None) if self.doubt && self.came_through() == Some(true) => self.written(),
            Ok(None) => match self.errand.draft(&self.setup, &self.seen, &self.heard) {
                Err(error) => Output::Failed(error),
                Ok(draft) => self.drawn(draft),
            },
        }
    }

    /// What came of the plan that was sent, by what is there now: all of it is written, or nothing. None: somebody else has
    /// changed every row of it since.
    fn came_through(&self) -> Option<bool> {
        let changes = &self.plan.as_ref()?.draft.changes;
        if changes.iter().any(|change| change.is_open(&self.seen.rows)) {
            return Some(false);
        }
        changes.iter().any(|change| change.holds(&self.seen.rows)).then_some(true)
    }

    fn drawn(&mut self, draft: Draft) -> Output {
        let digest = digest(&draft);
        if self.doubt && self.plan.as_ref().is_some_and(|plan| plan.digest != digest) {
            return Output::Failed(changed(match self.came_through() {
                Some(_) => "while its connection was lost; nothing of this was written",
                None => "while its connection was lost; whether this was written before, nobody can tell",
            }));
        }
        if let Some(wrong) = draft.findings.iter().find(|finding| finding.severity == Severity::Error) {
            let error = Error::new(Code::PlanRefused, format!("nothing was written: {}", wrong.message))
                // Once is enough.
                .with_help(wrong.help.strip_suffix("; nothing was written").unwrap_or(&wrong.help))
                .with_options(wrong.options.clone());
            return Output::Failed(wrong.at.iter().cloned().fold(error, Error::with_location));
        }
        // Where nothing is left to do it has been done: a deployment may be repeated.
        let expected = self.ask.expect.as_ref().filter(|expected| **expected != digest && !draft.changes.is_empty());
        if let Some(expected) = expected {
            let message =
                format!("nothing was written: the plan is {digest}, and the one that was reviewed is {expected}");
            return Output::Failed(
                Error::new(Code::PlanChanged, message)
                    .with_help("look at the plan as it is now, and ask for that one with the option `expect`")
                    .with_option(Mention::valued("expect:digest", &[], "the option `expect`".into())),
            );
        }
        let table = &self.setup.options.table;
        if self.ask.dry || draft.changes.is_empty() {
            return Output::Done(Box::new(Report::new(&draft, &digest, table)));
        }
        let mut statements = vec![format!("set local lock_timeout = {}", self.setup.options.lock_timeout)];
        statements.extend(draft.first.iter().cloned());
        if !self.whole {
            statements.extend(statements::create(table, &self.present, &self.around));
        }
        let present = |name: &str| self.present.iter().any(|column| column == name);
        statements.extend(draft.changes.iter().map(|change| change.statement(table, &present)));
        self.plan = Some(Plan { draft, digest });
        self.phase = Phase::Write;
        Output::Write(statements)
    }

    fn written(&mut self) -> Output {
        let Some(Plan { draft, digest }) = &self.plan else { return self.look() };
        let report = Report::new(draft, digest, &self.setup.options.table);
        Output::Done(Box::new(Report { status: Status::Changed, ..report }))
    }

    fn failed(&mut self, phase: Phase, failure: &Failure) -> Output {
        let kind = failure.kind();
        if failure.unusable {
            return Output::Failed(failure::unusable(failure));
        }
        let writes = phase == Phase::Write;
        if kind == Kind::Lost {
            self.losses += 1;
            self.doubt |= writes;
            if self.losses > MOST_LOSSES {
                let told = if self.reached { failure::lost(failure) } else { failure::unreached(failure) };
                return Output::Failed(told);
            }
            return self.pause(pace::after_loss(self.losses));
        }
        self.reached = true;
        self.races += 1;
        // It made the table, or read one that is gone: somebody else was there at the same moment.
        let raced = self.races <= MOST_RACES
            && (kind == Kind::Race || kind == Kind::NoLedger || kind == Kind::Unique && !self.whole);
        match kind {
            _ if phase == Phase::Shape && failure.sqlstate == "25P02" => {
                Output::Failed(failure::open_transaction(true))
            }
            // What waits for a lock may be stopped by a role's `statement_timeout`.
            Kind::Busy | Kind::Cancelled => self.wait(if failure.sqlstate == TOO_MANY_CONNECTIONS {
                "for the database to take another connection"
            } else {
                "for a lock on the ledger"
            }),
            _ if raced => self.look(),
            // What was sent before may have come through after all.
            _ if writes && self.doubt && self.races <= MOST_RACES => self.look(),
            Kind::Unique if writes => Output::Failed(changed("since it was read; nothing was written")),
            _ if writes && failure.fault() == Some(Fault::Changed) => {
                Output::Failed(changed("since it was read; nothing was written"))
            }
            _ if failure.refused => Output::Failed(failure::unreached(failure)),
            _ => {
                let doing = if writes { "the ledger could not be written" } else { "the ledger could not be read" };
                Output::Failed(failure::database(&self.setup, failure, doing))
            }
        }
    }

    /// Waits for others, and a little longer each time.
    fn wait(&mut self, what: &str) -> Output {
        let since = *self.since.get_or_insert(self.now);
        if self.now.saturating_sub(since) >= u64::from(self.setup.options.wait_timeout) {
            return Output::Failed(failure::waited(&self.setup, what));
        }
        self.races = 0;
        let milliseconds = pace::for_others(self.attempts);
        self.attempts += 1;
        self.pause(milliseconds)
    }

    /// Waits about so long.
    fn pause(&mut self, milliseconds: u32) -> Output {
        self.phase = Phase::Waiting;
        Output::Wait(pace::about(&mut self.ask.seed, milliseconds))
    }
}

fn changed(when: &str) -> Error {
    Error::new(Code::PlanChanged, format!("the ledger has changed {when}"))
        .with_help("somebody else has written to it: look again, and run it again")
}
