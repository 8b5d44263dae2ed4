//! From two schemas and what was named to both scripts, or to what stops them.

use super::dependents;
use super::difference::explained;
use super::dropped::{Dropped, Keep, Request};
use super::head;
use super::name::{LONGEST, last, parent};
use super::plan::{Plan, foreign_keys, hanging, in_order};
use super::report::{Drops, Scripts, Stop};
use super::{restore, script, told};
use crate::schema::{Change, Fact, Snapshot, diff};
use counterfoil::Error;

/// The statements that take out of a replay what was named.
///
/// # Errors
///
/// `invalid-input` if what was named is not there, or nothing is.
pub fn drops(chain: &Snapshot, named: &[String]) -> Result<Drops, Error> {
    let dropped = Dropped::of(named, chain)?;
    let mut out = Drops {
        uses: dependents::uses(chain, &dropped),
        stops: dependents::stops(chain, &dropped),
        ..Drops::default()
    };
    if !out.stops.is_empty() {
        return Ok(out);
    }
    for thing in hanging(chain, &dropped).iter().rev() {
        out.statements.push(script::drop_hanging(thing));
    }
    for name in foreign_keys(chain, &dropped).keys() {
        out.statements.push(format!("ALTER TABLE {} DROP CONSTRAINT {};", parent(name), last(name)));
    }
    let tables: Vec<&str> = dropped.of_kind("table").collect();
    if !tables.is_empty() {
        out.statements.push(format!("DROP TABLE {};", tables.join(", ")));
    }
    for (table, columns) in dropped.columns() {
        for column in in_order(chain, table, &columns) {
            out.statements.push(format!("ALTER TABLE {table} DROP COLUMN {column};"));
        }
    }
    Ok(out)
}

/// Writes both scripts, or says what stops them.
///
/// # Errors
///
/// `invalid-input` if what was named is not there, or nothing is.
pub fn scripts(request: &Request) -> Result<Scripts, Error> {
    let dropped = Dropped::of(&request.drop, &request.chain)?;
    let mut out = Scripts { uses: dependents::uses(&request.chain, &dropped), ..Scripts::default() };
    out.stops = dependents::stops(&request.chain, &dropped);
    differences(request, &dropped, &mut out.stops);
    let plan = Plan::new(request, dropped);
    names(&plan, &mut out.stops);
    counterfoil::ordered::sort_by(&mut out.stops, Ord::cmp);
    out.stops.dedup();
    out.moves = head::moves(&plan);
    out.commands = head::commands(&plan);
    if out.stops.is_empty() {
        out.adopt = script::adopt(&plan, &out);
        out.restore = restore::restore(&plan);
    }
    Ok(out)
}

/// What differs and is neither explained by what was named nor done away with.
fn differences(request: &Request, dropped: &Dropped, stops: &mut Vec<Stop>) {
    let Request { chain, wanted, .. } = request;
    for fact in dropped.all().filter(|fact| wanted.facts.contains_key(*fact)) {
        let thing = format!("{} {}", fact.kind, fact.name);
        stops.push(Stop::new(
            format!("{thing} is named as dead, and the baseline makes it"),
            "do not name it, or take it out of the baseline",
        ));
    }
    for difference in diff(wanted, chain, &[]).differences {
        let goes = difference.change == Change::Extra && explained(chain, dropped, &difference.kind, &difference.name);
        if !goes && !told::is_told(&difference, chain, wanted) {
            stops.push(Stop::new(
                format!("{}: nothing that is named explains that", difference.message),
                "name what is dead as well; what is not dead has to be in the baseline as the migrations make it",
            ));
        }
    }
}

/// Names that are taken, or too long.
fn names(plan: &Plan<'_>, stops: &mut Vec<Stop>) {
    let kept = &plan.request.kept;
    if kept.is_empty() || kept.len() > LONGEST / 2 {
        stops.push(Stop::new(format!("{kept:?} is no name for what is put aside"), "take a short one: kept_20260131"));
    }
    for name in &plan.clashes {
        let help = match plan.request.keep {
            Keep::Schema => "put one of the two aside first, under another name than this one",
            Keep::Suffix => "take another name for what is put aside, or a schema of its own",
        };
        stops.push(Stop::new(format!("two things would be called {name}"), help));
    }
    let schema = Fact { kind: "schema".to_owned(), name: plan.schema.clone() };
    if plan.request.keep == Keep::Schema && plan.request.chain.facts.contains_key(&schema) {
        let message = format!("the migrations make the schema {} themselves", schema.name);
        stops.push(Stop::new(message, "take another name for what is put aside"));
    }
}
