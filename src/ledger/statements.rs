//! The SQL that reads and writes the ledger.
//!
//! Every name is qualified and every literal quoted here, so that no `search_path` and no setting
//! of a migration can change what these statements mean. Every value comes back as text.

use super::row::ALONE;
use super::{Lease, Ledger, Origin, Row, State, Table};
use crate::checksum::{STEP, fingerprint};
use crate::error::{Code, Error, meant};
use crate::mention::Mention;
use crate::migration::Migration;
use crate::sql::quote::{identifier, literal, nullable};
use std::collections::BTreeMap;

/// A row as a driver hands it over: column name to text.
pub type TextRow = BTreeMap<String, Option<String>>;

/// The ledger's columns after `version`, with the definition each is added with and the default
/// that it gets.
///
/// A default that is added after the column leaves the rows that are there null: nobody knows
/// when another tool applied them.
pub const COLUMNS: &[(&str, &str, Option<&str>)] = &[
    ("name", "text", None),
    ("checksum", "text", None),
    ("fingerprint", "text", None),
    ("applied_at", "timestamptz", Some("now()")),
    ("duration_ms", "integer", None),
    ("state", "text default 'applied'", None),
    ("steps_done", "integer", None),
    ("steps_total", "integer", None),
    ("claimed_until", "timestamptz", None),
    ("claimed_by", "text", None),
    ("origin", "text default 'applied'", None),
    ("replaced_by", "text", None),
];

/// The column for [`Row::steps`]. It is added when a migration is claimed that runs step by step, by a role that may; a ledger
/// is ours without it.
pub const STEPS: (&str, &str) = ("steps", "text");

/// Adds the column [`STEPS`].
pub(crate) fn widen(table: &Table) -> String {
    format!("alter table {} add column if not exists {} {}", table.qualified(), STEPS.0, STEPS.1)
}

/// Creates the ledger, or adds the columns that are not in `present`. `around`: what [`shape`] has found.
///
/// Whoever may write to a new one can undo what it says, so that is taken from everybody, whatever default privileges
/// have given. Reading stays as it is: health checks do that.
pub fn create(table: &Table, present: &[String], around: &Around) -> Vec<String> {
    let qualified = table.qualified();
    let mut out = Vec::new();
    if present.is_empty() {
        // A role that may not create schemas may not say so either, whether it is there or not.
        if around.homeless {
            out.push(format!("create schema if not exists {}", identifier(&table.schema)));
        }
        // Not `if not exists`: the one that somebody made in the meantime may have other columns.
        let mut sql = format!("create table {qualified} (version varchar(128) primary key");
        for (name, definition, default) in COLUMNS {
            sql.push_str(", ");
            sql.push_str(name);
            sql.push(' ');
            sql.push_str(definition);
            if let Some(default) = default {
                sql.push_str(" default ");
                sql.push_str(default);
            }
        }
        sql.push(')');
        out.push(sql);
        out.push(revoke(table) + "public" + &around.roles);
        return out;
    }
    for (name, definition, default) in COLUMNS.iter().filter(|column| !present.iter().any(|p| p == column.0)) {
        out.push(format!("alter table {qualified} add column if not exists {name} {definition}"));
        if let Some(default) = default {
            out.push(format!("alter table {qualified} alter column {name} set default {default}"));
        }
    }
    out
}

/// Takes the right to write to the ledger from the roles that follow.
pub(crate) fn revoke(table: &Table) -> String {
    ["revoke insert, update, delete, truncate on table ", &table.qualified(), " from "].concat()
}

/// A column `open`: whether the session was in a transaction before. The first statement of one has
/// the moment of its transaction. In the extended protocol that is not so: there it means nothing.
pub const OPEN: &str = "(pg_catalog.transaction_timestamp() <> pg_catalog.statement_timestamp())::text as open";

/// Whether the rows of `digest` or [`shape`] say that the session was in a transaction before.
pub fn is_open(rows: &[TextRow]) -> bool {
    first(rows, "open") == Some("true")
}

/// Whether a table `c` is in a schema of Rails', which keeps another table beside its ledger since 5.0, and had a ledger
/// without a primary key before.
pub(super) const OF_RAILS: &str = "(exists (select 1 from pg_catalog.pg_class m where m.relnamespace = c.relnamespace \
     and m.relname = 'ar_internal_metadata') or not exists (select 1 from pg_catalog.pg_index m where m.indrelid = c.oid and m.indisprimary))";

/// The columns of the table that has the ledger's name: `name` and `type`, and `rails`, whether the table is of Rails; one row without
/// a name if there is no such table. Cannot fail, so that no transaction of a caller's is harmed.
///
/// Every row has what is [`Around`] it.
pub fn shape(table: &Table) -> String {
    format!(
        "select a.name, a.type, a.rails, one.* from (select (select pg_catalog.string_agg(', ' || rolname, '') \
         from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')) as roles, \
         (select 'true' where not exists (select 1 from pg_catalog.pg_namespace where nspname = {})) as homeless, pg_catalog.current_schema()::text as here) one \
         left join (select a.attname::text as name, \
         pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnum, \
         case when {OF_RAILS} then 'true' end as rails \
         from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {} and a.attnum > 0 and not a.attisdropped) a on true order by a.attnum",
        literal(&table.schema),
        literal(&table.schema),
        literal(&table.name)
    )
}

/// What is around the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Around {
    /// Whether its schema is missing.
    pub homeless: bool,
    /// Supabase's roles `anon` and `authenticated`, with which it lets the whole world in, if they are there: each behind
    /// a comma.
    pub roles: String,
}

/// What the rows of [`shape`] say of it.
pub fn around(rows: &[TextRow]) -> Around {
    // What else is found stands in other rows.
    let text = |name: &str| rows.iter().find_map(|row| row.get(name)?.clone());
    Around { homeless: text("homeless").is_some(), roles: text("roles").unwrap_or_default() }
}

/// Whether the digest of the ledger, in the form of [`digest_of`], is the expected one: one row, with
/// a column `same`: `true` or `false`, and null if there is no such ledger or it may not be read. The
/// database compares, so that its answer is short. With `open` see [`OPEN`] for another column.
///
/// No transaction of a caller's is harmed: read is only a table that has the columns, as text (25) or
/// varchar (1043), and that no row security keeps from being read, by `query_to_xml`, which is there whether
/// PostgreSQL was built with libxml or not. It fails only for a role that may not execute that function: of this
/// PostgreSQL assures itself before a row is looked at.
pub(crate) fn digest(table: &Table, expected: &str, open: bool) -> String {
    format!(
        "select (select (pg_catalog.strpos(pg_catalog.query_to_xml('select pg_catalog.encode(pg_catalog.sha256(\
         pg_catalog.convert_to(coalesce(pg_catalog.string_agg(version || pg_catalog.chr(9) || coalesce(checksum, '''') \
         || pg_catalog.chr(9) || coalesce(claimed_by, state, ''applied'') || pg_catalog.chr(10), '''' \
         order by version collate \"C\"), ''''), ''UTF8'')), ''hex'') from ' || c.oid::pg_catalog.regclass \
         || ' where replaced_by is null', true, true, '')::text, {}) > 0)::text from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {} and c.relkind in ('r', 'p') \
         and (select count(*) from pg_catalog.pg_attribute where attrelid = c.oid and atttypid in (25, 1043) \
         and attname in ('version', 'checksum', 'state', 'replaced_by', 'claimed_by')) = 5 \
         and (not c.relrowsecurity or pg_catalog.current_setting('row_security') = 'on') \
         and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') \
         and pg_catalog.has_function_privilege('pg_catalog.sha256(bytea)', 'execute')) \
         as same{}",
        literal(expected),
        literal(&table.schema),
        literal(&table.name),
        if open { format!(", {OPEN}") } else { String::new() }
    )
}

/// The text whose SHA-256 the database computes in [`digest`], for a set of versions and checksums
/// that are all applied.
pub(crate) fn digest_of<'a>(set: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut lines: Vec<(&str, &str)> = set.collect();
    crate::ordered::sort(&mut lines);
    let mut text = String::new();
    for (version, checksum) in lines {
        for part in [version, "\t", checksum, "\tapplied\n"] {
            text.push_str(part);
        }
    }
    crate::checksum::checksum(&text)["sha256:".len()..].to_owned()
}

/// The comment that a statement of a statement-wise migration starts with, so that others can see
/// in `pg_stat_activity` that it is being executed.
pub(crate) fn tag(version: &str) -> String {
    // A comment must not end early; versions come from file names, which have no slash.
    format!("/* counterfoil {} */ ", version.replace('/', "_"))
}

/// A column of the ledger as text: the same in every time zone and date style, and in order as text.
pub fn as_text(name: &str, definition: &str) -> String {
    if definition == "timestamptz" {
        return format!("pg_catalog.to_char({name} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    }
    format!("{name}::text")
}

/// Reads all rows; columns that are not there come as null. `None`: all columns are there.
///
/// There is at least one row, which has no version if the ledger has none. Every row has columns more:
///
/// - `keyed`: whether a unique key on `version`, which is the lock, lets no two runners record one migration, else what kind
///   of relation it is (`relkind`). A key that is partial, deferrable, invalid, of what may be null, or over more columns would let them.
/// - `stepped`: whether the column [`STEPS`] is `there`, or the role `may` add it.
/// - `hidden`: the role, where row security may hide rows from it; `writers`: who else may write; `here`: where the session
///   creates tables.
/// - `busy`: whether another session has written to the ledger and has not committed. Such a session holds a ROW EXCLUSIVE
///   lock on it (PostgreSQL manual, 13.3.1), which everybody may see in `pg_locks`. The row itself nobody can see.
pub fn rows(table: &Table, present: Option<&[String]>) -> String {
    let has = |name: &str| present.is_none_or(|columns| columns.iter().any(|column| column == name));
    let mut sql = String::from("select version::text as version");
    for (name, definition, _) in COLUMNS {
        sql.push_str(", ");
        sql.push_str(&if has(name) { as_text(name, definition) } else { "null::text".into() });
        sql.push_str(" as ");
        sql.push_str(name);
    }
    if has("claimed_until") {
        // Of others' sessions a role may see no more than that they are in a transaction: then one of them may be at it.
        sql.push_str(
            ", case when state not in ('running', 'reverting') or claimed_until is null then 'none' \
             when claimed_until > pg_catalog.now() or exists (select 1 from pg_catalog.pg_stat_activity a \
             where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid() \
             and (a.state = 'active' and pg_catalog.strpos(a.query, '/* counterfoil ' || \
             pg_catalog.replace(version::text, '/', '_') || ' */ ') = 1 or a.query = '<insufficient privilege>' \
             and exists (select 1 from pg_catalog.pg_locks where pid = a.pid))) then 'alive' else 'over' end as lease, \
             case when state in ('running', 'reverting') then pg_catalog.to_jsonb(t) ->> 'steps' end as steps",
        );
    } else {
        sql.push_str(", 'none' as lease");
    }
    sql.push_str(ITSELF);
    let table = table.qualified();
    for part in [" from pg_catalog.pg_class c where c.oid = ", &literal(&table), "::pg_catalog.regclass) b left join "]
    {
        sql.push_str(part);
    }
    sql + &table + " t on true"
}

/// What [`rows`] asks of the ledger `c` itself.
///
/// Of policies for reading one has to say plainly that the role sees every row, and no restrictive one may say less. Others
/// that may write are neither the owner, nor those who have its rights, nor whoever asks.
const ITSELF: &str = ", b.* from (select case when exists (select 1 from pg_catalog.pg_index i join pg_catalog.pg_attribute a \
     on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where i.indrelid = c.oid \
     and a.attname = 'version' and a.attnotnull and i.indnkeyatts = 1 and i.indisunique and i.indimmediate and i.indisvalid \
     and i.indpred is null) then 'true' else c.relkind::text end as keyed, \
     exists (select 1 from pg_catalog.pg_locks where locktype = 'relation' \
     and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) \
     and mode = 'RowExclusiveLock' and granted and pid <> pg_catalog.pg_backend_pid() \
     and relation = c.oid)::text as busy, \
     coalesce((select case atttypid when 25 then 'there' else 'other' end from pg_catalog.pg_attribute \
     where attrelid = c.oid and attname = 'steps' and not attisdropped), \
     case when pg_catalog.pg_has_role(c.relowner, 'usage') then 'may' end) as stepped, \
     case when pg_catalog.row_security_active(c.oid) and not coalesce((\
     select bool_or(polpermissive and every) and bool_and(polpermissive or every) from (select polpermissive, \
     pg_catalog.pg_get_expr(polqual, polrelid) = 'true' as every from pg_catalog.pg_policy \
     where polrelid = c.oid and polcmd in ('r', '*') \
     and exists (select 1 from pg_catalog.unnest(polroles) r where r = 0 or pg_catalog.pg_has_role(r, 'usage'))) p), \
     false) then pg_catalog.quote_ident(current_user) end as hidden, \
     (select pg_catalog.string_agg(distinct case a.grantee when 0 then 'public' else a.grantee::pg_catalog.regrole::text end, ', ') \
     from pg_catalog.aclexplode(c.relacl) a where a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') \
     and case a.grantee when 0 then true else not pg_catalog.pg_has_role(a.grantee, c.relowner, 'usage') \
     and (pg_catalog.pg_has_role(c.relowner, 'usage') or not pg_catalog.pg_has_role(a.grantee, 'usage')) end) as writers, \
     pg_catalog.current_schema()::text as here";

/// Whether the rows of [`rows`] say that another session is writing to the ledger.
pub(crate) fn is_busy(rows: &[TextRow]) -> bool {
    first(rows, "busy") == Some("true")
}

/// What kind of relation the ledger is, if the rows of [`rows`] say that it lacks its key.
pub fn lacks_key(rows: &[TextRow]) -> Option<&str> {
    first(rows, "keyed").filter(|keyed| *keyed != "true")
}

/// A value of a row, which is null in it from then on.
pub(crate) fn taken(row: &mut TextRow, name: &str) -> Option<String> {
    // Not `remove`: it would put a tree in order again that nobody needs any more.
    row.get_mut(name).and_then(Option::take)
}

/// The value of a column in the first row.
pub fn first<'a>(rows: &'a [TextRow], name: &str) -> Option<&'a str> {
    rows.first()?.get(name)?.as_deref()
}

/// The ledger from the rows of [`rows`].
///
/// # Errors
///
/// `database-failed` if a row is in a state that is not known: what it means for the migration
/// cannot be guessed.
pub fn read(table: &Table, rows: Vec<TextRow>) -> Result<Ledger, Error> {
    let rows: Result<Vec<Row>, Error> = rows
        .into_iter()
        .filter_map(|mut row| {
            let mut text = |name: &str| taken(&mut row, name);
            let version = text("version")?;
            let state = text("state");
            let state = match state.as_deref().map(|state| meant(State::ALL, state).ok_or(state)).transpose() {
                Ok(state) => state.unwrap_or_default(),
                Err(state) => return Some(Err(unknown_state(table, &version, state))),
            };
            Some(Ok(Row {
                version,
                name: text("name"),
                checksum: text("checksum"),
                fingerprint: text("fingerprint"),
                applied_at: text("applied_at"),
                duration_ms: text("duration_ms").and_then(|value| value.parse::<u64>().ok()),
                state,
                steps_done: text("steps_done").and_then(|value| value.parse().ok()),
                steps_total: text("steps_total").and_then(|value| value.parse().ok()),
                steps: text("steps"),
                claimed_until: text("claimed_until"),
                claimed_by: text("claimed_by"),
                lease: text("lease").and_then(|lease| meant(Lease::ALL, &lease)).unwrap_or_default(),
                origin: text("origin").and_then(|origin| meant(Origin::ALL, &origin)).unwrap_or_default(),
                replaced_by: text("replaced_by"),
            }))
        })
        .collect();
    Ok(Ledger { exists: true, rows: rows? })
}

fn unknown_state(table: &Table, version: &str, state: &str) -> Error {
    let table = table.qualified();
    let message =
        format!("the row of version {version} in the ledger {table} has the unknown state {}", literal(state));
    let stamp = Mention::stamp("", &[version]);
    let help = format!(
        "if a newer release of counterfoil wrote it, use that one; if the migration is applied: {}; nothing was run",
        stamp.text
    );
    Error::new(Code::DatabaseFailed, message).with_help(help).with_option(stamp)
}

/// What one of our own statements has found, when it fails because it was made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Another runner has taken over.
    LeaseLost,
    /// The migration's row is not there any more.
    RowGone,
    /// The row is not as it was written: a trigger, a rule or row security has a say in it.
    NotWritten,
    /// A row is not as it was read.
    Changed,
}

const FAULTS: [(Fault, &str); 4] = [
    (Fault::LeaseLost, "counterfoil: the lease is lost: "),
    (Fault::RowGone, "counterfoil: the row is gone: "),
    (Fault::NotWritten, "counterfoil: the row is not written: "),
    (Fault::Changed, "counterfoil: the ledger has changed: "),
];

/// The value that makes a statement fail with this fault: a cast of a text that is no number. It
/// fails when it is reached; `column` in it keeps the planner from trying it earlier.
pub fn failing(fault: Fault, column: &str) -> String {
    let says = FAULTS.iter().find(|(known, _)| *known == fault).map_or("", |(_, says)| says);
    format!("({} || {column})::integer", literal(says))
}

/// The fault that a failure speaks of. 22P02 is `invalid_text_representation`, and whatever the
/// server's language, the message has the text.
pub fn fault(sqlstate: &str, message: &str) -> Option<Fault> {
    let said = |(_, says): &&(Fault, &str)| sqlstate == "22P02" && message.contains(says);
    FAULTS.iter().find(said).map(|(fault, _)| *fault)
}

/// Makes a change of one row fail unless that is what it changed, and `kept` holds for the row: a
/// trigger may have changed what was written. `change` has no RETURNING.
fn exactly_one(table: &Table, change: &str, version: &str, kept: &str) -> String {
    format!(
        "with done as ({change} returning {kept} as kept) select case when count(*) filter (where kept) = 1 then 1 \
         when exists (select 1 from {} where version = {}) then {} else {} end from done",
        table.qualified(),
        literal(version),
        failing(Fault::NotWritten, "count(*)"),
        failing(Fault::RowGone, "count(*)")
    )
}

/// Changes the rows for which `condition` holds, and gives back the versions that they had; fails if
/// `kept` does not hold for one of them then. A row that others are changing is looked at again when they are done.
///
/// `before` and `also` are an expression of a `WITH` and its name. The ledger is `t`. `change` is
/// what an UPDATE sets, with the condition under which that expression belongs to a row that was
/// `seen`; none deletes.
fn changed(
    table: &Table,
    before: &str,
    also: &str,
    condition: &str,
    change: Option<(&str, &str)>,
    kept: &str,
) -> String {
    let qualified = table.qualified();
    let change = match change {
        Some((set, join)) => {
            format!("update {qualified} t set {set} from seen{also} where t.version = seen.version{join}")
        }
        None => format!("delete from {qualified} t using seen where t.version = seen.version"),
    };
    format!(
        "with {before}seen as (select t.version from {qualified} t{also} where {condition} for update of t), done as ({change} returning seen.version, {kept} as kept) \
         select case when done.kept then seen.version::text else {}::text end as version \
         from seen left join done on done.version = seen.version",
        failing(Fault::NotWritten, "seen.version")
    )
}

/// Inserts the row of a migration: the claim. A racer blocks on the primary key and gets 23505.
/// Fails if the row is not there then as it was written.
/// `owes`: callbacks are still to follow.
pub(crate) fn claim(table: &Table, migration: &Migration, origin: &str, owes: bool) -> String {
    let version = literal(migration.version.as_str());
    format!(
        "with done as (insert into {} (version, name, checksum, state, fingerprint, origin, claimed_by) \
         values ({version}, {}, {}, 'applied', {}, {}, {}) returning {} as kept) \
         select case when count(*) filter (where kept) = 1 then 1 else {} end from done",
        table.qualified(),
        literal(&migration.name),
        literal(&migration.checksum),
        literal(&fingerprint(&migration.up.text)),
        literal(origin),
        owed(owes),
        kept(migration, "applied"),
        failing(Fault::NotWritten, "count(*)")
    )
}

/// What stands in `claimed_by` of a row that is applied.
fn owed(owes: bool) -> &'static str {
    if owes { "'callbacks'" } else { "null" }
}

/// Notes of rows that the callbacks after them have run.
pub(crate) fn settle(table: &Table, rows: &[String]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| literal(row)).collect();
    [
        "update ",
        &table.qualified(),
        " set claimed_by = null where state = 'applied' and version in (",
        &rows.join(", "),
        ")",
    ]
    .concat()
}

/// Holds for a row that says of a migration what was written.
fn kept(migration: &Migration, state: &str) -> String {
    format!(
        "version = {} and checksum = {} and state = '{state}'",
        literal(migration.version.as_str()),
        literal(&migration.checksum)
    )
}

/// Inserts the row of a statement-wise migration, running under a lease. One statement; the lock
/// timeout holds for it alone. Fails if the row is not there then as it was written.
pub(crate) fn claim_running(
    table: &Table,
    migration: &Migration,
    runner: &Runner<'_>,
    steps: usize,
    stepped: bool,
) -> String {
    let version = literal(migration.version.as_str());
    let (column, empty) = if stepped { (", steps", ", ''") } else { ("", "") };
    format!(
        "with {}done as (insert into {} (version, name, checksum, fingerprint, state, steps_done, \
         steps_total, claimed_until, claimed_by{column}) select {version}, {}, {}, {}, 'running', 0, {steps}, {}, {}{empty} from l \
         returning {} as kept) select (case when count(*) filter (where kept) = 1 then 1 else {} end)::text as ours \
         from done",
        runner.limited(),
        table.qualified(),
        literal(&migration.name),
        literal(&migration.checksum),
        literal(&fingerprint(&migration.up.text)),
        runner.until(),
        runner.token(""),
        kept(migration, State::Running.as_str()),
        failing(Fault::NotWritten, "count(*)")
    )
}

/// Who claims, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runner<'a> {
    /// The runner's own random text.
    pub name: &'a str,
    /// Which of its claims: it grows when a connection is lost.
    pub claim: u32,
    /// How long a lease runs, in milliseconds.
    pub lease: u32,
    /// How long a statement waits for a lock, in milliseconds.
    pub lock_timeout: u32,
    /// Whether no other runner can be there.
    pub exclusive: bool,
    /// Whether callbacks follow a migration that is applied.
    pub owes: bool,
}

impl Runner<'_> {
    /// What stands in `claimed_by`; `of` is [`ALONE`] while a step is sent alone, else empty.
    fn token(&self, of: &str) -> String {
        literal(&format!("{}#{}{of}", self.name, self.claim))
    }

    /// The condition under which `claimed_by` is the runner's.
    fn claims(&self) -> String {
        format!("claimed_by in ({}, {})", self.token(""), self.token(ALONE))
    }

    fn until(&self) -> String {
        format!("pg_catalog.clock_timestamp() + interval '{} milliseconds'", self.lease)
    }

    /// The expression of a `WITH` that limits how long the statement waits for a lock, once it is asked.
    fn limited(&self) -> String {
        format!("l as (select pg_catalog.set_config('lock_timeout', '{}', true)), ", self.lock_timeout)
    }

    /// The condition under which a row is held by the runner.
    fn holds(&self, version: &str) -> String {
        format!("t.version = {} and {}", literal(version), self.claims())
    }

    /// The condition under which a running row may be taken over.
    fn free(&self) -> String {
        if self.exclusive {
            return "true".into();
        }
        // Of our own claims only an older one: a request of a lost connection comes late.
        format!(
            "(claimed_until is null or claimed_until <= pg_catalog.now() \
             or case when pg_catalog.split_part(claimed_by, '#', 1) = {} \
             then pg_catalog.split_part(claimed_by, '#', 2)::integer <= {} end)",
            literal(self.name),
            self.claim
        )
    }
}

/// Takes over a stopped migration. One row back: it is ours; none: somebody was faster. `seen`: its row, the steps done and who
/// held it, as they were judged. `up`: its file, whose text may have changed since; `steps`: how many steps the section has;
/// `stepped`: whether the ledger keeps their fingerprints.
pub(crate) fn take(
    table: &Table,
    runner: &Runner<'_>,
    seen: (&str, u32, Option<&str>),
    up: Option<&Migration>,
    steps: usize,
    stepped: bool,
) -> String {
    let state = if up.is_some() { State::Running } else { State::Reverting };
    let (version, steps_done, by) = seen;
    let condition = format!(
        "t.version = {} and state = {} and coalesce(steps_done, 0) = {steps_done} and claimed_by is not distinct from {} and {}",
        literal(version),
        literal(state.as_str()),
        nullable(by),
        runner.free()
    );
    let mut set =
        format!("claimed_until = {}, claimed_by = {}, steps_total = {steps}", runner.until(), runner.token(""));
    if let Some(migration) = up {
        let values = [("checksum", &migration.checksum), ("fingerprint", &fingerprint(&migration.up.text))];
        for (name, value) in values {
            set.push_str(&[", ", name, " = ", &literal(value)].concat());
        }
    }
    if stepped && steps_done == 0 {
        set.push_str(", steps = ''");
    }
    changed(table, &runner.limited(), ", l", &condition, Some((&set, "")), &runner.holds(version))
}

/// Marks the row of a migration as going back, step by step. One row back: it is ours.
pub(crate) fn take_back(table: &Table, runner: &Runner<'_>, version: &str, steps: usize, stepped: bool) -> String {
    let condition = format!("t.version = {} and coalesce(state, 'applied') = 'applied'", literal(version));
    let set = format!(
        "state = 'reverting', steps_done = 0, steps_total = {steps}, claimed_until = {}, claimed_by = {}{}",
        runner.until(),
        runner.token(""),
        if stepped { ", steps = ''" } else { "" }
    );
    let kept = format!("{} and t.state = 'reverting'", runner.holds(version));
    changed(table, &runner.limited(), ", l", &condition, Some((&set, "")), &kept)
}

/// Renews the lease at step `from`; fails unless it is ours.
pub(crate) fn hold(table: &Table, runner: &Runner<'_>, version: &str, from: u32) -> String {
    let set = format!("claimed_until = {}, steps_done = {}", runner.until(), or_lost(runner, from, from));
    let kept = format!("version = {} and steps_done = {from}", literal(version));
    exactly_one(table, &update(table, &set, version), version, &kept)
}

/// Renews the lease at step `from`, which is about to be sent alone. `print`: its fingerprint, if the ledger keeps those. One
/// row back: it is ours.
pub(crate) fn hold_alone(table: &Table, runner: &Runner<'_>, version: &str, from: u32, print: Option<&str>) -> String {
    let alone = format!("claimed_by = {}", runner.token(ALONE));
    let set = format!("claimed_until = {}, {alone}{}", runner.until(), printed(from, print));
    let own = format!("t.version = {}", literal(version));
    let condition = format!("{own} and {}", mine(runner, from));
    changed(table, "", "", &condition, Some((&set, "")), &format!("{own} and {alone}"))
}

/// What notes the fingerprint of step `from`, if the ledger keeps those.
fn printed(from: u32, print: Option<&str>) -> String {
    let note = |print| format!(", steps = pg_catalog.left(steps, {}) || {}", from as usize * STEP, literal(print));
    print.map_or_else(String::new, note)
}

fn update(table: &Table, set: &str, version: &str) -> String {
    format!("update {} set {set} where version = {}", table.qualified(), literal(version))
}

/// A number if the lease at step `from` is ours; else the statement fails.
fn or_lost(runner: &Runner<'_>, from: u32, number: u32) -> String {
    format!("case when {} then {number} else {} end", mine(runner, from), failing(Fault::LeaseLost, "version"))
}

fn mine(runner: &Runner<'_>, from: u32) -> String {
    format!("{} and coalesce(steps_done, 0) = {from}", runner.claims())
}

/// Records that step `from` (0-based) is done and renews the lease; after the last step of an up
/// the migration is applied.
///
/// `print` is the fingerprint of the step, if the ledger keeps those.
///
/// With `must` the statement fails unless the lease is ours: it stands first in the step's own
/// transaction. Without, it gives back one row if the lease is ours.
pub(crate) fn advance(
    table: &Table,
    runner: &Runner<'_>,
    version: &str,
    from: u32,
    last: bool,
    print: Option<&str>,
    must: bool,
) -> String {
    let done = if must { or_lost(runner, from, from + 1) } else { format!("least({}, steps_total)", from + 1) };
    let rest = if last {
        format!(
            "state = 'applied', claimed_until = null, claimed_by = {}, duration_ms = {}",
            owed(runner.owes),
            since("applied_at")
        )
    } else {
        format!("claimed_until = {}, claimed_by = {}", runner.until(), runner.token(""))
    };
    let mut set = format!("steps_done = {done}, {rest}");
    set.push_str(&match print {
        Some(_) if last => ", steps = null".to_owned(),
        print => printed(from, print),
    });
    let own = literal(version);
    let state = if last { " and state = 'applied'" } else { "" };
    if must {
        let kept = format!("version = {own} and steps_done = {}{state}", from + 1);
        return exactly_one(table, &update(table, &set, version), version, &kept);
    }
    let kept = format!("t.version = {own} and steps_done = {done}{state}");
    changed(table, "", "", &format!("t.version = {own} and {}", mine(runner, from)), Some((&set, "")), &kept)
}

/// Fails unless the row is there.
pub(crate) fn recorded(table: &Table, version: &str) -> String {
    format!(
        "select case when count(*) = 1 then 1 else {} end from {} where version = {}",
        failing(Fault::RowGone, "count(*)"),
        table.qualified(),
        literal(version)
    )
}

/// Milliseconds since a moment, as an integer that does not overflow (at most 24 days), nor falls below 0 where the clock
/// was set back.
fn since(moment: &str) -> String {
    format!(
        "greatest(0, least(2147483647, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - {moment}) * 1000))::integer"
    )
}

/// Gives up the lease between two steps: whoever comes next goes on from here.
pub(crate) fn stop(table: &Table, runner: &Runner<'_>, version: &str) -> String {
    let set = "claimed_until = null, claimed_by = null";
    changed(table, "", "", &runner.holds(version), Some((set, "")), "claimed_by is null")
}

/// Ends the lease where nobody can tell whether the step happened: the migration is interrupted.
pub(crate) fn abandon(table: &Table, runner: &Runner<'_>, version: &str) -> String {
    format!(
        "update {} set claimed_until = pg_catalog.clock_timestamp() - interval '1 second' where version = {} \
         and {} returning version::text as version",
        table.qualified(),
        literal(version),
        runner.claims()
    )
}

/// Records how long the transaction took so far. Fails if the row is not there any more as it was
/// claimed: so it would be once the transaction is over.
pub(crate) fn measure(table: &Table, migration: &Migration) -> String {
    let version = migration.version.as_str();
    let set = format!("duration_ms = {}", since("pg_catalog.now()"));
    exactly_one(table, &update(table, &set, version), version, &kept(migration, "applied"))
}

/// Takes away the row of a repeatable migration, so that it can be claimed again.
pub(crate) fn forget(table: &Table, version: &str, checksum: Option<&str>) -> String {
    format!(
        "delete from {} where version = {} and checksum is not distinct from {}",
        table.qualified(),
        literal(version),
        nullable(checksum)
    )
}

/// Deletes the row of a migration that is taken back. Fails if it is gone already.
pub(crate) fn delete(table: &Table, version: &str) -> String {
    let change = format!("delete from {} where version = {}", table.qualified(), literal(version));
    exactly_one(table, &change, version, "true")
}

/// Fails if the row is there: a trigger has put it back.
pub(crate) fn gone(table: &Table, version: &str) -> String {
    format!(
        "select case when count(*) = 0 then 1 else {} end from {} where version = {}",
        failing(Fault::NotWritten, "count(*)"),
        table.qualified(),
        literal(version)
    )
}

/// Deletes the row of a migration whose way back has run step by step. One row back: it was ours.
pub(crate) fn delete_reverted(table: &Table, runner: &Runner<'_>, version: &str) -> String {
    changed(table, "", "", &runner.holds(version), None, "true")
}

/// Gives a row the version, name, checksum and fingerprint of a migration.
pub(crate) fn rekey(table: &Table, from: &str, migration: &Migration) -> String {
    let set = format!(
        "version = {}, name = {}, fingerprint = {}",
        literal(migration.version.as_str()),
        literal(&migration.name),
        literal(&fingerprint(&migration.up.text))
    );
    let condition = format!("t.version = {} and checksum = {}", literal(from), literal(&migration.checksum));
    let kept =
        format!("t.version = {} and checksum = {}", literal(migration.version.as_str()), literal(&migration.checksum));
    changed(table, "", "", &condition, Some((&set, "")), &kept)
}

/// Adds name, checksum and fingerprint to rows that have none, and renames rows whose checksum
/// agrees.
pub(crate) fn stamp(table: &Table, rows: &[(&str, &Migration)]) -> String {
    let mut given = String::from("s (version, name, checksum, fingerprint) as (values ");
    for (index, (version, migration)) in rows.iter().enumerate() {
        if index > 0 {
            given.push_str(", ");
        }
        given.push('(');
        given.push_str(&literal(version));
        for value in [&*migration.name, &*migration.checksum, &*fingerprint(&migration.up.text)] {
            given.push_str(", ");
            given.push_str(&literal(value));
        }
        given.push(')');
    }
    given.push_str("), ");
    let set = "name = s.name, checksum = s.checksum, fingerprint = s.fingerprint, \
               origin = case when t.checksum is null then 'stamped' else t.origin end";
    let condition = "t.version = s.version and (t.checksum is null or t.checksum = s.checksum)";
    changed(
        table,
        &given,
        ", s",
        condition,
        Some((set, " and s.version = seen.version")),
        "t.version = seen.version and t.checksum = s.checksum",
    )
}

/// Marks rows as superseded by a baseline.
pub(crate) fn supersede(table: &Table, baseline: &str, rows: &[String]) -> String {
    let mut condition = String::from("t.version in (");
    for (index, version) in rows.iter().enumerate() {
        if index > 0 {
            condition.push_str(", ");
        }
        condition.push_str(&literal(version));
    }
    condition.push(')');
    let set = format!("replaced_by = {}", literal(baseline));
    changed(table, "", "", &condition, Some((&set, "")), &format!("t.{set}"))
}
