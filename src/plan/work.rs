//! The work that follows from the decisions, in the order in which it is done.

use super::decide::Decider;
use super::matching::Fit;
use super::squash::Standing;
use super::{Action, Decision, Reason, Resume, Work};
use crate::ledger::{Lease, State};
use crate::ordered::Lookup;
use crate::version::Version;

impl Decider<'_> {
    /// What a plan has to do; whether it is refused is judged elsewhere.
    pub(super) fn work(&self, decisions: &[Decision]) -> Vec<Work> {
        let matching = &self.matching;
        let mut work: Vec<Work> = Vec::new();
        for &(row, file) in &matching.renumbered {
            work.push(Work::Rekey { from: matching.rows[row].version.clone(), migration: file });
        }
        for (file, decision) in decisions.iter().take(matching.files.len()).enumerate() {
            let Some(row) = &decision.row else { continue };
            let stamps = match decision.code {
                Reason::Unverified => !decision.settled,
                Reason::Renamed => true,
                Reason::Resume => matching.fit[file] == Fit::Renamed,
                _ => false,
            };
            if stamps {
                work.push(Work::Stamp { row: row.clone(), migration: file });
            }
        }
        let marks = self.unmarked(decisions);
        let mut later = Vec::new();
        for (migration, rows) in marks.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let supersede = || Work::Supersede { migration, rows: rows.clone() };
            let row = matching.row_of[migration].map(|row| matching.rows[row].state);
            match (row, decisions[migration].code) {
                (Some(State::Applied), _) => work.push(supersede()),
                (Some(_), Reason::Resume) => later.push((migration, 1, supersede())),
                // They are marked when the baseline is adopted.
                _ => {}
            }
        }
        self.migrations(decisions, &mut work, later, &marks);
        // Another release's migration is waited for only if something is to be run after it.
        let runs = work.iter().any(|work| matches!(work, Work::Apply { .. } | Work::Adopt { .. }));
        let is_waited_for =
            |decision: &&Decision| decision.code == Reason::InProgress && (runs || decision.path.is_some());
        match decisions.iter().find(is_waited_for) {
            Some(waiting) => vec![Work::Wait { row: waiting.row.clone().unwrap_or_default() }],
            None => work,
        }
    }

    /// Rows that a baseline in the ledger replaces and that do not say so yet, by baseline.
    fn unmarked(&self, decisions: &[Decision]) -> Vec<Vec<String>> {
        let matching = &self.matching;
        let mut marks = vec![Vec::new(); matching.files.len()];
        let mut orphans = decisions.iter().skip(matching.files.len());
        for (index, row) in matching.rows.iter().enumerate() {
            let decision = match matching.file_of[index] {
                Some(file) => decisions.get(file),
                None => orphans.next(),
            };
            let is_replaced = decision.is_some_and(|decision| decision.code == Reason::Replaced);
            if !is_replaced || row.replaced_by.is_some() {
                continue;
            }
            let (version, text) = self.after_rekeying(index);
            if let Some(baseline) = self.squash.stands_for(version) {
                marks[baseline].push(text.to_owned());
            }
        }
        marks
    }

    /// The version of a row, and its text, once rows are re-keyed.
    fn after_rekeying(&self, row: usize) -> (&Version, &str) {
        let matching = &self.matching;
        match matching.file_of[row].filter(|&file| matching.fit[file] == Fit::Renumbered) {
            Some(file) => (&matching.files[file].version, matching.files[file].version.as_str()),
            None => (&matching.versions[row], &matching.rows[row].version),
        }
    }

    /// Migrations in catalog order; a baseline that is adopted comes after what it needs.
    /// `ordered` has what else is to be done: after which migration, and in what order there.
    /// `marks` are rows to mark, by baseline.
    fn migrations(
        &self,
        decisions: &[Decision],
        work: &mut Vec<Work>,
        mut ordered: Vec<(usize, usize, Work)>,
        marks: &[Vec<String>],
    ) {
        let matching = &self.matching;
        let mut place: Vec<usize> = (0..matching.files.len()).collect();
        for (rank, &baseline) in self.squash.order.iter().enumerate() {
            let Some(Standing::Adopt { rows, first }) = self.squash.standing(baseline) else { continue };
            if decisions[baseline].action != Action::Adopt {
                continue;
            }
            let last = first.iter().map(|&file| place[file]).max().unwrap_or(baseline).max(baseline);
            place[baseline] = last;
            let text = |file: &usize| match decisions[*file].code {
                Reason::Resume => decisions[*file].row.clone().unwrap_or_default(),
                _ => matching.files[*file].version.as_str().to_owned(),
            };
            let there = rows.iter().map(|&row| self.after_rekeying(row).1.to_owned());
            let mut rows: Vec<String> = there.chain(first.iter().map(text)).collect();
            let known = Lookup::of(rows.iter().map(String::as_str));
            let more: Vec<String> =
                marks[baseline].iter().filter(|row| !known.contains(&row.as_str())).cloned().collect();
            rows.extend(more);
            ordered.push((last, rank + 2, Work::Adopt { migration: baseline, rows }));
        }
        for (file, decision) in decisions.iter().take(matching.files.len()).enumerate() {
            if decision.action != Action::Apply {
                continue;
            }
            let row = matching.row_of[file].map(|row| matching.rows[row]);
            let resume = row.filter(|_| decision.code == Reason::Resume).map(|row| Resume {
                version: row.version.clone(),
                done: row.steps_done.unwrap_or(0),
                by: row.claimed_by.clone(),
                died: row.lease == Lease::Over,
                edited: row.checksum.as_ref() != Some(&matching.files[file].checksum),
            });
            let again =
                row.filter(|_| decision.code == Reason::Changed).map(|row| (row.version.clone(), row.checksum.clone()));
            ordered.push((file, 0, Work::Apply { migration: file, again, resume }));
        }
        crate::ordered::sort_by(&mut ordered, |a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        work.extend(ordered.into_iter().map(|(.., work)| work));
    }
}
