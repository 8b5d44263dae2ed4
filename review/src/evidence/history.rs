//! What was written by whom: each fact with its states in the course of a replay.

use crate::schema::{Fact, Server, Snapshot, diff};
use counterfoil::Error;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a migration has changed, as the rows of the query: without data what is gone.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
// Exhaustive: callers build it.
pub struct Effects {
    /// Its version, or the number of the statement.
    pub version: String,
    /// Kind, name and data.
    pub facts: Vec<(String, String, Option<String>)>,
}

type Data = Map<String, Value>;

struct State {
    /// Who made it; none: it was there at first.
    by: Option<usize>,
    /// None: the thing is not there.
    data: Option<Data>,
}

/// The states of each fact, in order.
pub(super) struct History {
    server: Server,
    states: BTreeMap<Fact, Vec<State>>,
}

/// What there is of one file.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub there: Vec<Fact>,
    pub missing: Vec<Fact>,
    /// Who wrote what is there in place of what is missing, where that is one and the same file.
    pub before: BTreeSet<Option<usize>>,
}

/// What the history says of a schema.
#[derive(Default)]
pub(super) struct Reading {
    pub files: BTreeMap<usize, Found>,
    /// What differs and was never so.
    pub by_hand: BTreeSet<Fact>,
}

impl History {
    /// `place`: which file a version is.
    pub(super) fn new(
        server: &Server,
        start: &Snapshot,
        effects: Vec<Effects>,
        place: impl Fn(&str) -> Option<usize>,
    ) -> Result<History, Error> {
        let mut states: BTreeMap<Fact, Vec<State>> = BTreeMap::new();
        for (fact, data) in &start.facts {
            states.entry(fact.clone()).or_default().push(State { by: None, data: Some(data.clone()) });
        }
        for Effects { version, facts } in effects {
            let by = place(&version);
            for (kind, name, data) in facts {
                let data = data.map(|data| crate::schema::snapshot::read::<Data>(&data, &name)).transpose()?;
                let fact = Fact { kind, name };
                let known = states.entry(fact.clone()).or_default();
                if known.is_empty() {
                    known.push(State { by: None, data: None });
                }
                let is_new =
                    known.last().is_none_or(|last| !same(&fact, (last.data.as_ref(), server), (data.as_ref(), server)));
                if is_new {
                    known.push(State { by, data });
                }
            }
        }
        Ok(History { server: server.clone(), states })
    }

    /// Reads in a schema, which differs from the end of this in `differing`, how far each file has come.
    pub(super) fn read(&self, differing: &BTreeSet<Fact>, live: &Snapshot) -> Reading {
        let mut out = Reading::default();
        out.by_hand.extend(differing.iter().filter(|fact| !self.states.contains_key(*fact)).cloned());
        for (fact, states) in &self.states {
            let [before @ .., last] = &states[..] else { continue };
            if !differing.contains(fact) {
                let Some(by) = last.by else { continue };
                let there = out.files.entry(by).or_default();
                // What is as it was at some time before, tells nothing.
                let was_so =
                    |state: &State| same(fact, (state.data.as_ref(), &self.server), (last.data.as_ref(), &self.server));
                if !before.iter().any(was_so) {
                    there.there.push(fact.clone());
                }
                continue;
            }
            let is_live =
                |state: &State| same(fact, (state.data.as_ref(), &self.server), (live.facts.get(fact), &live.server));
            let Some(at) = before.iter().rposition(is_live) else {
                out.by_hand.insert(fact.clone());
                continue;
            };
            if let Some(by) = states[at].by {
                out.files.entry(by).or_default().there.push(fact.clone());
            }
            for by in states[at + 1..].iter().filter_map(|state| state.by) {
                let found = out.files.entry(by).or_default();
                found.missing.push(fact.clone());
                found.before.insert(states[at].by);
            }
        }
        // Those of which later files have written all.
        for by in self.states.values().flatten().filter_map(|state| state.by) {
            out.files.entry(by).or_default();
        }
        out
    }
}

/// Whether a fact is the same in both, by the rules of [`diff()`].
fn same(fact: &Fact, a: (Option<&Data>, &Server), b: (Option<&Data>, &Server)) -> bool {
    if a.0 == b.0 {
        return true;
    }
    let alone = |(data, server): (Option<&Data>, &Server)| {
        let mut facts = BTreeMap::new();
        facts.extend(data.map(|data| (fact.clone(), data.clone())));
        Snapshot { server: server.clone(), facts }
    };
    diff(&alone(a), &alone(b), &[]).differences.is_empty()
}
