//! The words of a plan: message and help of a decision, from its data alone.

use super::{Decision, Grade, Progress, Reason, Why};
use crate::finding::list;
use crate::mention::Mention;

/// Writes message and help. `next` is a version after all others.
pub(super) fn fill(decision: &mut Decision, next: Option<&str>) {
    let mut options = Vec::new();
    let (message, help) = match decision.code {
        Reason::Applied => Default::default(),
        Reason::Unverified if decision.settled => (
            "another tool ran it, and this file is not known to be what ran".into(),
            "it stays so: nothing is recorded".into(),
        ),
        Reason::Unverified => ("no checksum is on record".into(), "the next run records this file's checksum".into()),
        Reason::Replaced => (format!("baseline {} stands for it", or_empty(&decision.baseline)), String::new()),
        Reason::Beyond => (beyond(decision), String::new()),
        Reason::Pending | Reason::Changed | Reason::Resume => apply(decision, next),
        Reason::Baseline => (adopt(decision), String::new()),
        Reason::Edited => edited(decision, &mut options),
        Reason::Collision => collision(decision, next),
        Reason::Missing => missing(decision),
        Reason::Ahead => ahead(decision),
        Reason::Renumbered => (
            format!(
                "{} is applied as version {}: its row becomes version {}, and it is not run again",
                path(decision),
                or_empty(&decision.row),
                decision.version
            ),
            String::new(),
        ),
        Reason::Renamed => (
            format!(
                "version {} is applied as {}: its row takes the new name, {}",
                decision.version,
                quoted(or_empty(&decision.row_name)),
                quoted(&decision.name)
            ),
            String::new(),
        ),
        Reason::Duplicate => duplicate(decision, next),
        Reason::Interrupted => interrupted(decision, &mut options),
        Reason::InProgress => (
            format!("{} is being run by somebody else: {}", subject(decision).as_str(), steps(decision.progress)),
            "wait until it is done".into(),
        ),
        Reason::PartialSquash => partial_squash(decision),
    };
    decision.message = message;
    decision.help = help;
    decision.options = options;
}

fn beyond(decision: &Decision) -> String {
    let mut message = String::from("it comes after the version up to which this goes, and stays pending");
    if decision.progress.is_some() {
        message.push_str(&format!("; it stopped before: {}", steps(decision.progress)));
    }
    message
}

fn apply(decision: &Decision, next: Option<&str>) -> (String, String) {
    if let (Some(_), Some(later)) = (decision.severity, &decision.gap_before) {
        let message = format!("{} is a gap: version {later} comes later and is already applied", path(decision));
        let help = format!("give it a version after all that are applied{}", such_as(next));
        return (message, help);
    }
    let mut message = match decision.code {
        Reason::Changed => String::from("its content has changed since it was run"),
        Reason::Resume => format!("it goes on where it stopped: {}", steps(decision.progress)),
        _ => String::new(),
    };
    if let Some(later) = &decision.gap_before {
        if !message.is_empty() {
            message.push_str("; ");
        }
        message.push_str(&format!("a gap: version {later} comes later and is already applied"));
    }
    (message, String::new())
}

fn adopt(decision: &Decision) -> String {
    let (all, first) = (decision.replaces.unwrap_or(0), decision.first.unwrap_or(0));
    let all = if all == 1 { "the 1 migration".into() } else { format!("all {all} migrations") };
    match first {
        0 => format!("{all} that it replaces {} there", if all.starts_with("the") { "is" } else { "are" }),
        _ => format!("{all} that it replaces will be there once {first} of them ran"),
    }
}

fn edited(decision: &Decision, options: &mut Vec<Mention>) -> (String, String) {
    let edit = decision.edit.as_ref();
    if edit.is_some_and(|edit| edit.empty) {
        let stamp = Mention::stamp(":not-applied", &[or_empty(&decision.row)]);
        let help = format!(
            "nothing of it has run: take its row away, {}, and run again; or put the old text back, and make the change in a \
             new migration",
            stamp.text
        );
        options.push(stamp);
        return (format!("{} was edited after it was applied: it had no statement then", path(decision)), help);
    }
    let (what, help) = match edit.map(|edit| (edit.grade, edit.graded)) {
        Some((Grade::Cosmetic, _)) => {
            ("only what does not run has changed", "put the old text back, or leave it: nothing has to run")
        }
        Some((_, true)) => {
            ("its statements have changed", "put the old text back, and make the change in a new migration")
        }
        _ => (
            "no fingerprint is on record that tells whether its statements have changed",
            "put the old text back, and make the change in a new migration",
        ),
    };
    (format!("{} was edited after it was applied: {what}", path(decision)), help.into())
}

fn collision(decision: &Decision, next: Option<&str>) -> (String, String) {
    let unknown = decision.edit.is_none();
    let content = if unknown { "another name, and no checksum is on record" } else { "another name and other content" };
    let message = format!(
        "version {} is applied as {}, but {} has {content}",
        decision.version,
        quoted(or_empty(&decision.row_name)),
        path(decision)
    );
    let help = format!(
        "give {} a version of its own{}; if it is the same migration, put the old name back",
        path(decision),
        such_as(next)
    );
    (message, help)
}

fn missing(decision: &Decision) -> (String, String) {
    let message = format!("version {} is applied, but there is no file of that version", titled(decision));
    (message, "put the file back, or list it in the `replaces` of the baseline that holds it now".into())
}

fn ahead(decision: &Decision) -> (String, String) {
    let subject = subject(decision);
    match decision.progress {
        None => (
            format!("{subject} is applied and has no file here: a newer release has been here"),
            "deploy the newer release, or keep this one: nothing is undone".into(),
        ),
        progress => (
            format!("{subject} stopped and has no file here: {} by a newer release", steps(progress)),
            "deploy the newer release, which goes on with it, or keep this one: nothing is undone".into(),
        ),
    }
}

fn duplicate(decision: &Decision, next: Option<&str>) -> (String, String) {
    let others: Vec<&str> = decision.others.iter().map(String::as_str).collect();
    let message = format!("{} and {} have one version, {}", path(decision), list(&others), decision.version);
    let all = || std::iter::once(path(decision)).chain(others.iter().copied());
    let mut help = match &decision.applied_path {
        Some(applied) => {
            let rest: Vec<&str> = all().filter(|other| other != applied).collect();
            format!("{applied} is applied: give {} a version of its own{}", list(&rest), such_as(next))
        }
        None if decision.applied_unknown => format!(
            "one of them is applied, and the ledger does not tell which: look at the database, and give the other{} a version of {} own{}",
            if others.len() > 1 { "s" } else { "" },
            if others.len() > 1 { "their" } else { "its" },
            such_as(next)
        ),
        None => format!("give all but one of them a version of their own{}", such_as(next)),
    };
    if let Some(date) = date(path(decision)) {
        help.push_str("; a version ends at the first character that is no digit, so write the date as one number: ");
        help.extend(date.chars().filter(char::is_ascii_digit));
    }
    (message, help)
}

/// The date in parts with which a file's name starts: `2024-01-31` or `2024_01_31`.
fn date(path: &str) -> Option<&str> {
    let date = path[path.rfind('/').map_or(0, |at| at + 1)..].get(..10)?;
    let is_date = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => matches!(byte, b'-' | b'_'),
        _ => byte.is_ascii_digit(),
    });
    is_date.then_some(date)
}

fn interrupted(decision: &Decision, options: &mut Vec<Mention>) -> (String, String) {
    let subject = subject(decision);
    let progress = decision.progress.unwrap_or(Progress { done: 0, total: 0 });
    let mut stamp = |mark: &str| {
        let mention = Mention::stamp(mark, &[or_empty(&decision.row)]);
        let text = mention.text.clone();
        options.push(mention);
        text
    };
    let (why, help) = match decision.why {
        Some(Why::Edited) => ("was edited after it stopped", "put the old text back, so that it can go on; or "),
        Some(Why::Regrouped) => {
            ("stopped, and its steps are not those on record", "run the version of counterfoil that began it; or ")
        }
        Some(Why::NoFile) => {
            ("stopped, and there is no file of that version", "run the release that has its file; or ")
        }
        Some(Why::Replaced) => ("stopped, and a baseline stands for it", ""),
        Some(Why::Reverting) => {
            return (
                format!("{subject} was being rolled back and stopped on the way: {}", steps(decision.progress)),
                format!(
                    "roll back again, so that it goes on; or undo the rest by hand, then {}",
                    stamp(":not-applied")
                ),
            );
        }
        _ => {
            let next = progress.done.saturating_add(1);
            return (
                format!(
                    "{subject} stopped in step {next} of {}, and nobody can tell whether that step happened",
                    progress.total
                ),
                format!(
                    "look at the database; if the step happened: {}; if it did not: {}",
                    stamp(":step-done"),
                    stamp(":step-not-done")
                ),
            );
        }
    };
    let with = if decision.why == Some(Why::Edited) { " with the old text" } else { "" };
    // It goes on there, once the steps before it are those of the file.
    let go_on = match &decision.at {
        Some(_) if progress.done > 0 => {
            let stamp = stamp(&[":step-", &progress.done.to_string()].concat());
            ["if as many steps of the file as it is now happened, and no other: ", &stamp, ", and run again; or "]
                .concat()
        }
        _ => String::new(),
    };
    (
        format!("{subject} {why}: {}{with}", steps(decision.progress)),
        format!(
            "{help}{go_on}finish it by hand, then {}; or undo it by hand, then {}",
            stamp(""),
            stamp(":not-applied")
        ),
    )
}

fn partial_squash(decision: &Decision) -> (String, String) {
    let mut message = format!(
        "baseline {} replaces {}, of which only a part is there",
        decision.version,
        plural(decision.replaces.unwrap_or(0), "migration")
    );
    for (versions, what) in [
        (&decision.missing, " not applied and without a file: "),
        (&decision.different, " applied with other content: "),
    ] {
        if !versions.is_empty() {
            let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
            message.push_str(&format!("; {}{what}{}", versions.len(), list(&versions)));
        }
    }
    let help = match (decision.missing.is_empty(), decision.different.is_empty()) {
        (false, true) => "put the files of the missing migrations back: they are applied, and the baseline is adopted",
        (true, false) => "compare the database with the baseline, and correct the checksums in its `replaces`",
        _ => {
            "put the files of the missing migrations back, compare the database with the baseline, and correct the \
             checksums in its `replaces`"
        }
    };
    (message, help.into())
}

/// What a decision is about: the path, or the version of a row without a file.
fn subject(decision: &Decision) -> String {
    match &decision.path {
        Some(path) => path.clone(),
        None => format!("version {}", titled(decision)),
    }
}

/// The version, and the name if there is one.
fn titled(decision: &Decision) -> String {
    if decision.name.is_empty() {
        decision.version.clone()
    } else {
        format!("{} ({})", decision.version, decision.name)
    }
}

fn path(decision: &Decision) -> &str {
    or_empty(&decision.path)
}

fn steps(progress: Option<Progress>) -> String {
    let Progress { done, total } = progress.unwrap_or(Progress { done: 0, total: 0 });
    match total {
        0 => format!("{}{}", plural(done, "step"), if done == 1 { " is done" } else { " are done" }),
        _ => format!("{done} of {}{}", plural(total, "step"), if done == 1 { " is done" } else { " are done" }),
    }
}

fn plural(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn such_as(next: Option<&str>) -> String {
    next.map_or_else(String::new, |next| format!(", such as {next}"))
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn or_empty(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("")
}
