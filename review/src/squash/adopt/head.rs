//! What stands at the head of the scripts: what goes where, and how to copy it out of the database first.

use super::name::plain;
use super::plan::Plan;
use super::report::Scripts;

/// What goes where.
pub(super) fn moves(plan: &Plan<'_>) -> Vec<String> {
    let tables = plan.tables.iter().map(|table| format!("table {} to {}", table.name, table.kept));
    let columns = plan
        .copies
        .iter()
        .map(|copy| format!("{} to {}, with its key {}", copy.thing(), copy.kept, copy.key.join(", ")));
    let hanging = plan
        .hanging
        .iter()
        .map(|thing| format!("{} {}: its definition stands in the other script", thing.kind, thing.name));
    tables.chain(columns).chain(hanging).collect()
}

/// The commands that copy all of it to files.
pub(super) fn commands(plan: &Plan<'_>) -> Vec<String> {
    let names: Vec<&str> =
        plan.tables.iter().map(|table| &*table.name).chain(plan.copies.iter().map(|copy| &*copy.table)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let tables: Vec<String> = names.iter().map(|name| format!("--table={}", in_shell(name))).collect();
    let dump = in_shell(&format!("{}.dump", plan.request.kept));
    let mut all = vec![format!("pg_dump \"$DATABASE_URL\" --format=custom --file={dump} {}", tables.join(" "))];
    let mut csv = |what: &str, name: &str| {
        let file = plain(name).replace(['/', '"', '\''], "_");
        let copy = in_shell(&format!("\\copy {what} to '{file}.csv' csv header"));
        all.push(format!("psql \"$DATABASE_URL\" -c {copy}"));
    };
    plan.tables.iter().for_each(|table| csv(&table.name, &table.name));
    for copy in &plan.copies {
        let columns: Vec<&str> = copy.key.iter().chain(&copy.columns).map(String::as_str).collect();
        csv(&format!("(select {} from {})", columns.join(", "), copy.table), &copy.table);
    }
    all
}

/// A word of a shell.
fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Lines of comment. What would end one in a name is left out.
fn comment(lines: impl IntoIterator<Item = String>) -> String {
    let line = |line: String| {
        let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        format!("-- {line}").trim_end().to_owned() + "\n"
    };
    lines.into_iter().map(line).collect()
}

/// The head of the script that puts things aside.
pub(super) fn adopt(plan: &Plan<'_>, found: &Scripts) -> String {
    let file = &plan.request.file;
    let mut lines = vec![
        format!("Puts aside what baseline {} leaves out, and loses no row. {file}.restore.sql brings it back.", plan.request.baseline),
        "One transaction. Run it as the owner of these tables, with psql or `counterfoil squash --adopt`. To run it again changes nothing.".to_owned(),
        String::new(),
        "First copy what goes out of the database:".to_owned(),
    ];
    lines.extend(found.commands.iter().map(|command| format!("  {command}")));
    lines.extend([String::new(), "What goes where:".to_owned()]);
    lines.extend(found.moves.iter().map(|moved| format!("  {moved}")));
    lines.extend([
        String::new(),
        "What in the database speaks of it (nobody has looked at the code of programs):".to_owned(),
    ]);
    let nothing = found.uses.is_empty().then(|| "  nothing".to_owned());
    lines.extend(found.uses.iter().map(|uses| format!("  {uses}")).chain(nothing));
    comment(lines)
}

/// The head of the script that brings things back.
pub(super) fn restore(plan: &Plan<'_>) -> String {
    let file = &plan.request.file;
    comment([
        format!("Brings back what {file}.adopt.sql has put aside, each value to the row that has its whole key."),
        "One transaction. Run it as the owner of these tables, with psql. To run it again changes nothing.".to_owned(),
        "What cannot be as it was, because rows have come or gone since, is a WARNING and stays as it can be: a foreign key NOT VALID,".to_owned(),
        "a column that may be null, a copy whose rows are no longer there. The ledger is not touched.".to_owned(),
    ])
}
