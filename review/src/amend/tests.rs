//! The machine against answers that are written down here: what it asks, writes and makes of failures.

use super::stamp::{Mark, Stamp, Which};
use super::{Ask, Draft, Errand, Input, Kind, Machine, Output, Report, Seen, Status, must};
use counterfoil::convention::{self, Convention};
use counterfoil::ledger::Tool;
use counterfoil::ledger::statements::{COLUMNS, TextRow};
use counterfoil::run::{Capabilities, Failure, Goal, Options, Setup};
use counterfoil::{Code, Error};

const A: &str = "create table a ();\n";
const B: &str = "create table b ();\n";

fn setup(files: &[(&str, &str)]) -> Setup {
    let files: Vec<_> = files.iter().map(|(path, sql)| (path.to_string(), sql.to_string())).collect();
    let catalog = convention::read(&files, Some(Convention::Plain)).expect("a set");
    let capabilities = Capabilities { script: true, batch: false, interactive: true, limit: None };
    Setup::new(catalog, Goal::Up, Options { wait_timeout: 1_000, ..Options::new("r") }, capabilities)
}

fn stamping(stamp: Stamp, ask: Ask) -> Machine<Stamp> {
    Machine::new(setup(&[("001_a.sql", A), ("002_b.sql", B)]), ask, stamp)
}

fn text_row(cells: &[(&str, &str)]) -> TextRow {
    let mut row = TextRow::new();
    row.extend(cells.iter().map(|(name, cell)| ((*name).to_owned(), Some((*cell).to_owned()))));
    row
}

/// The columns of our table, as the database tells them.
fn columns() -> Input {
    let kind = |definition: &str| match definition {
        "timestamptz" => "timestamp with time zone",
        "integer" => "integer",
        _ => "text",
    };
    let ours = COLUMNS.iter().map(|(name, definition, _)| text_row(&[("name", name), ("type", kind(definition))]));
    let version = text_row(&[("name", "version"), ("type", "character varying(128)")]);
    Input::Rows(std::iter::once(version).chain(ours).collect())
}

/// Rows of the ledger, as the database tells them.
fn rows(rows: &[&[(&str, &str)]]) -> Input {
    let empty = || {
        let mut row = TextRow::new();
        row.extend(COLUMNS.iter().map(|(name, ..)| ((*name).to_owned(), None)));
        row.insert("version".into(), None);
        row.insert("keyed".into(), Some("true".into()));
        row.insert("lease".into(), Some("none".into()));
        row
    };
    let mut all: Vec<TextRow> = rows
        .iter()
        .map(|cells| {
            let mut row = empty();
            row.extend(text_row(cells));
            row
        })
        .collect();
    if all.is_empty() {
        all.push(empty());
    }
    Input::Rows(all)
}

fn done() -> Input {
    Input::Rows(Vec::new())
}

fn no_table() -> Input {
    Input::Rows(vec![TextRow::new()])
}

fn failure(sqlstate: &str, message: &str) -> Input {
    Input::Failed(Failure { sqlstate: sqlstate.into(), message: message.into(), ..Failure::default() })
}

fn lost() -> Input {
    Input::Failed(Failure { message: "gone".into(), lost: true, ..Failure::default() })
}

#[track_caller]
fn asks<E: Errand>(machine: &mut Machine<E>, input: Option<Input>, begins: &str) {
    match machine.next(input, 0) {
        Output::Query(sql) => assert!(sql.starts_with(begins), "{sql}"),
        output => panic!("{output:?}"),
    }
}

#[track_caller]
fn writes<E: Errand>(machine: &mut Machine<E>, input: Input) -> Vec<String> {
    match machine.next(Some(input), 0) {
        Output::Write(statements) => statements,
        output => panic!("{output:?}"),
    }
}

#[track_caller]
fn ends<E: Errand>(machine: &mut Machine<E>, input: Input) -> Report {
    match machine.next(Some(input), 0) {
        Output::Done(report) => *report,
        output => panic!("{output:?}"),
    }
}

#[track_caller]
fn refuses<E: Errand>(machine: &mut Machine<E>, input: Input) -> Error {
    match machine.next(Some(input), 0) {
        Output::Failed(error) => error,
        output => panic!("{output:?}"),
    }
}

/// Up to the answer that has the rows.
fn begun<E: Errand>(machine: &mut Machine<E>) {
    asks(machine, None, "select s.*, ");
    asks(machine, Some(columns()), "select version::text");
}

#[test]
fn a_ledger_is_made_in_the_transaction_that_writes_to_it() {
    let mut machine = stamping(Stamp::applied(["1"]), Ask::default());
    asks(&mut machine, None, "select s.*, ");
    let statements = writes(&mut machine, no_table());
    assert_eq!(statements[0], "set local lock_timeout = 5000");
    assert!(statements[1].starts_with("create table \"public\".\"schema_migrations\" (version"), "{statements:?}");
    let last = &statements[statements.len() - 1];
    // printf 'create table a ();\n' | sha256sum
    let sum = "sha256:0da5e58d9b90392b520cf69917d7c9db95c2141c2f1761342fdfadc499455ee4";
    assert!(last.contains("insert into \"public\".\"schema_migrations\" ("), "{last}");
    let report = ends(&mut machine, done());
    assert_eq!(report.status, Status::Changed);
    let [change] = &report.changes[..] else { panic!("{report:?}") };
    assert_eq!((change.kind, &*change.version, change.path.as_deref()), (Kind::Insert, "001", Some("001_a.sql")));
    assert_eq!(change.after.as_ref().and_then(|row| row.checksum.as_deref()), Some(sum));
    assert!(matches!(machine.next(None, 0), Output::Failed(error) if error.code() == Code::OutOfTurn));
}

#[test]
fn a_dry_run_writes_nothing_and_its_digest_can_be_required() {
    let stamp = || Stamp::not_applied(["002"]);
    let there = || rows(&[&[("version", "002"), ("name", "b"), ("checksum", "sha256:0")]]);
    let mut machine = stamping(stamp(), Ask { dry: true, ..Ask::default() });
    begun(&mut machine);
    let planned = ends(&mut machine, there());
    assert_eq!(planned.status, Status::Planned);
    assert_eq!(
        planned.changes[0].restore.as_deref(),
        Some(
            "insert into \"public\".\"schema_migrations\" (version, name, checksum, applied_at) values ('002', 'b', 'sha256:0', null)"
        )
    );
    let expecting = || stamping(stamp(), Ask { expect: Some(planned.digest.clone()), ..Ask::default() });
    let mut machine = expecting();
    begun(&mut machine);
    assert_eq!(writes(&mut machine, there()).len(), 2);
    assert_eq!(ends(&mut machine, done()).digest, planned.digest);
    // Another content, and it is another plan.
    let mut machine = expecting();
    begun(&mut machine);
    let other = rows(&[&[("version", "002"), ("name", "b"), ("checksum", "sha256:1")]]);
    let error = refuses(&mut machine, other);
    assert_eq!(
        (error.code(), &*error.help()),
        (Code::PlanChanged, "look at the plan as it is now, and ask for that one with the option `expect`")
    );
    // It is so already: a deployment may be repeated.
    let mut machine = expecting();
    begun(&mut machine);
    assert_eq!(ends(&mut machine, rows(&[])).status, Status::Unchanged);
}

#[test]
fn each_row_is_compared_with_what_was_read() {
    let mut machine = stamping(Stamp::not_applied(["002"]), Ask::default());
    begun(&mut machine);
    let seen = rows(&[&[("version", "002"), ("checksum", "sha256:0"), ("applied_at", "2026-01-31T12:00:00.000000Z")]]);
    let statements = writes(&mut machine, seen);
    let delete = statements.last().expect("a statement");
    for condition in [
        "delete from \"public\".\"schema_migrations\" where version = '002'",
        "checksum::text is not distinct from 'sha256:0'",
        "name::text is not distinct from null",
        "pg_catalog.to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') is not distinct from '2026-01-31T12:00:00.000000Z'",
        "else ('counterfoil: the ledger has changed: ' || count(*))::integer end from done",
    ] {
        assert!(delete.contains(condition), "{delete}");
    }
    let changed = "invalid input syntax for type integer: \"counterfoil: the ledger has changed: 0\"";
    let error = refuses(&mut machine, failure("22P02", changed));
    assert_eq!(
        (error.code(), error.message()),
        (Code::PlanChanged, "the ledger has changed since it was read; nothing was written")
    );
}

#[test]
fn a_row_that_somebody_else_has_written_meanwhile_is_a_change() {
    let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
    begun(&mut machine);
    writes(&mut machine, rows(&[]));
    assert_eq!(refuses(&mut machine, failure("23505", "duplicate key")).code(), Code::PlanChanged);
    // While the table is being made, it may be the table that somebody else has made.
    let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
    asks(&mut machine, None, "select s.*, ");
    writes(&mut machine, no_table());
    asks(&mut machine, Some(failure("23505", "duplicate key")), "select s.*, ");
    asks(&mut machine, Some(columns()), "select version::text");
    assert_eq!(writes(&mut machine, rows(&[])).len(), 2);
}

#[test]
fn a_lock_is_waited_for_until_the_time_is_over() {
    let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
    let mut now = 0;
    asks(&mut machine, None, "select s.*, ");
    loop {
        asks(&mut machine, Some(columns()), "select version::text");
        writes(&mut machine, rows(&[]));
        match machine.next(Some(failure("55P03", "lock timeout")), now) {
            Output::Wait(milliseconds) => now += u64::from(milliseconds).max(1),
            Output::Failed(error) => {
                assert_eq!(
                    (error.code(), error.message()),
                    (Code::WaitTimeout, "waited 1000 ms for a lock on the ledger")
                );
                assert!(now >= 1_000, "{now}");
                break;
            }
            output => panic!("{output:?}"),
        }
        let Output::Query(_) = machine.next(Some(Input::Waited), now) else { panic!("it looks again") };
    }
}

#[test]
fn what_is_stopped_while_it_waits_waits_on() {
    let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
    begun(&mut machine);
    writes(&mut machine, rows(&[]));
    let stopped = || Some(failure("57014", "canceling statement due to statement timeout"));
    assert!(matches!(machine.next(stopped(), 0), Output::Wait(_)));
    asks(&mut machine, Some(Input::Waited), "select s.*, ");
    let Output::Failed(error) = machine.next(stopped(), 1_000) else { panic!("the time is over") };
    assert_eq!((error.code(), error.message()), (Code::WaitTimeout, "waited 1000 ms for a lock on the ledger"));
}

#[test]
fn a_connection_that_is_refused_is_not_the_ledger_s_failure() {
    let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
    asks(&mut machine, None, "select s.*, ");
    let sqlstate = "28P01".to_owned();
    let error = refuses(&mut machine, Input::Failed(Failure { sqlstate, refused: true, ..Failure::default() }));
    assert_eq!(error.code(), Code::ConnectionLost);
    assert!(error.message().starts_with("the database could not be reached: "), "{error}");
}

#[test]
fn after_a_lost_answer_the_ledger_says_what_was_done() {
    let b = &[("version", "002"), ("name", "b"), ("state", "applied"), ("origin", "stamped")][..];
    let sent = || {
        let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
        begun(&mut machine);
        let statements = writes(&mut machine, rows(&[]));
        assert!(matches!(machine.next(Some(lost()), 0), Output::Wait(1..)), "it gives it time");
        assert_eq!(machine.abort(), None, "first it sees what came of it");
        asks(&mut machine, Some(Input::Waited), "select s.*, ");
        asks(&mut machine, Some(columns()), "select version::text");
        (machine, statements)
    };
    // It was not done: once more.
    let (mut machine, statements) = sent();
    assert_eq!(writes(&mut machine, rows(&[])), statements);
    // It was, after all: the first one has come through meanwhile.
    asks(&mut machine, Some(failure("23505", "duplicate key")), "select s.*, ");
    asks(&mut machine, Some(columns()), "select version::text");
    let (after, written) = (statements.last().expect("one").clone(), |name: &str, text: &str| {
        let at = text.find(&format!("{name}::text is not distinct from '")).expect("it is compared");
        let rest = &text[at + name.len() + "::text is not distinct from '".len()..];
        rest[..rest.find('\'').expect("an end")].to_owned()
    });
    let (checksum, fingerprint) = (written("checksum", &after), written("fingerprint", &after));
    let mut whole = b.to_vec();
    whole.extend([("checksum", checksum.as_str()), ("fingerprint", fingerprint.as_str())]);
    assert_eq!(ends(&mut machine, rows(&[&whole])).status, Status::Changed);
    // It was done at once.
    let (mut machine, _) = sent();
    assert_eq!(ends(&mut machine, rows(&[&whole])).status, Status::Changed);
    // Something else was done: by somebody else.
    let (mut machine, _) = sent();
    let error = refuses(&mut machine, rows(&[&[("version", "002"), ("name", "theirs")]]));
    assert_eq!(
        (error.code(), error.message()),
        (
            Code::PlanChanged,
            "the ledger has changed while its connection was lost; whether this was written before, nobody can tell"
        )
    );
    // Again and again.
    let (mut machine, _) = sent();
    for _ in 0..2 {
        assert!(matches!(machine.next(Some(lost()), 0), Output::Wait(_)));
        asks(&mut machine, Some(Input::Waited), "select s.*, ");
    }
    assert_eq!(refuses(&mut machine, lost()).code(), Code::ConnectionLost);
}

#[test]
fn after_a_lost_answer_what_others_have_changed_is_told_from_what_was_written() {
    let both = || rows(&[&[("version", "001"), ("name", "a")], &[("version", "002"), ("name", "b")]]);
    let sent = || {
        let mut machine = stamping(Stamp::not_applied(["001", "002"]), Ask::default());
        begun(&mut machine);
        writes(&mut machine, both());
        machine.next(Some(lost()), 0);
        asks(&mut machine, Some(Input::Waited), "select s.*, ");
        asks(&mut machine, Some(columns()), "select version::text");
        machine
    };
    // One row is gone, and the other is as it was: that was somebody else.
    let error = refuses(&mut sent(), rows(&[&[("version", "001"), ("name", "a")]]));
    assert_eq!(
        (error.code(), error.message()),
        (Code::PlanChanged, "the ledger has changed while its connection was lost; nothing of this was written")
    );
    // One row is gone, and the other has come again since.
    let again = rows(&[&[("version", "001"), ("name", "theirs")]]);
    assert_eq!(ends(&mut sent(), again).status, Status::Changed);
}

#[test]
fn a_transaction_of_the_caller_s_is_not_written_to() {
    let open = || {
        let Input::Rows(mut rows) = columns() else { unreachable!() };
        rows[0].insert("open".into(), Some("true".into()));
        Input::Rows(rows)
    };
    let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
    asks(&mut machine, None, "select s.*, ");
    assert_eq!(refuses(&mut machine, open()).code(), Code::OpenTransaction);
    let mut machine = stamping(Stamp::applied(["002"]), Ask { dry: true, ..Ask::default() });
    asks(&mut machine, None, "select s.*, ");
    asks(&mut machine, Some(open()), "select version::text");
}

#[test]
fn what_is_told_to_stop_says_so_before_it_writes() {
    let mut machine = stamping(Stamp::applied(["002"]), Ask::default());
    begun(&mut machine);
    writes(&mut machine, rows(&[]));
    assert!(matches!(machine.abort(), Some(Output::Failed(error)) if error.code() == Code::Aborted));
    assert_eq!(machine.abort(), None);
}

#[test]
fn all_is_refused_where_there_is_no_table() {
    let all = || stamping(Stamp { which: Which::All, mark: Mark::Applied }, Ask::default());
    let tables = |some: &str| Input::Rows(vec![text_row(&[("tables", some)])]);
    let mut machine = all();
    asks(&mut machine, None, "select s.*, ");
    asks(&mut machine, Some(no_table()), "select exists (");
    let error = refuses(&mut machine, tables("false"));
    assert_eq!(
        (error.code(), error.message()),
        (Code::PlanRefused, "the database has no table, so these migrations have not all run")
    );
    let mut machine = all();
    asks(&mut machine, None, "select s.*, ");
    asks(&mut machine, Some(no_table()), "select exists (");
    assert_eq!(writes(&mut machine, tables("true")).iter().filter(|sql| sql.contains("insert into")).count(), 2);
}

/// What an importer does: it reads another table, and holds it while it writes.
struct Other;

impl Errand for Other {
    fn question(&self, _: &Setup, _: &Seen, heard: &[Vec<TextRow>]) -> Result<Option<String>, Error> {
        Ok(heard.is_empty().then(|| "select 'x' as digest".to_owned()))
    }

    fn draft(&self, _: &Setup, _: &Seen, heard: &[Vec<TextRow>]) -> Result<Draft, Error> {
        let read = heard[0][0]["digest"].clone().unwrap_or_default();
        let first = vec!["lock table theirs in share mode".to_owned(), must("select 'x' as digest", "digest", &read)];
        let mut cells = super::Cells::new();
        cells.insert("version".into(), Some("1".into()));
        Ok(Draft { changes: vec![super::Change::insert(cells)], first, basis: vec![read], ..Draft::default() })
    }

    fn taken(&self, _: &Setup, _: Tool) -> Error {
        Error::new(Code::ForeignLedger, "taken")
    }
}

#[test]
fn an_errand_may_ask_more_and_hold_what_it_has_read() {
    let mut machine = Machine::new(setup(&[("001_a.sql", A)]), Ask::default(), Other);
    asks(&mut machine, None, "select s.*, ");
    asks(&mut machine, Some(no_table()), "select 'x' as digest");
    let statements = writes(&mut machine, Input::Rows(vec![text_row(&[("digest", "it's")])]));
    assert_eq!(statements[1], "lock table theirs in share mode");
    assert_eq!(
        statements[2],
        "select case when q.\"digest\" is not distinct from 'it''s' then 1 else ('counterfoil: the ledger has changed: ' || \
         coalesce(q.\"digest\", ''))::integer end from (select 'x' as digest) q"
    );
    let other = Machine::new(setup(&[("001_a.sql", A)]), Ask::default(), Other);
    let ends_with = |mut machine: Machine<Other>, digest: &str| {
        asks(&mut machine, None, "select s.*, ");
        asks(&mut machine, Some(no_table()), "select 'x' as digest");
        writes(&mut machine, Input::Rows(vec![text_row(&[("digest", digest)])]));
        ends(&mut machine, done()).digest
    };
    assert_ne!(ends_with(other, "a"), ends(&mut machine, done()).digest);
}
