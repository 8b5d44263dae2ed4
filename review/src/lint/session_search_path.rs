//! A `search_path` that outlives its file.

use super::setting::{To, change};
use super::{Found, Level, Rule, Subject};
use counterfoil::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "session-search-path",
    level: Level::Warning,
    summary: "search_path is changed for the whole session and not put back",
    why: "\
A tool that runs several migrations over one connection runs the next one with this `search_path`. If it is empty, as
`pg_dump` leaves it, the next migration finds none of its tables: a squash that was fine alone broke every migration after
it. Counterfoil puts settings back after each migration; dbmate, psql and most others do not.

Write the schema in front of every name, or change the setting for the transaction only, with `SET LOCAL` or a third
argument `true`. A file that runs outside a transaction can end with `RESET search_path`.",
    bad: &[
        "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.rooms (id bigint PRIMARY KEY);\n",
        "-- migrate:up\nSET search_path TO booking;\nALTER TABLE booking.rooms ADD COLUMN floor integer;\n",
    ],
    good: &[
        "SET LOCAL search_path TO '';\nCREATE TABLE public.rooms (id bigint PRIMARY KEY);\n",
        "SET search_path TO booking;\nSELECT count(*) FROM rooms;\nRESET search_path;\n",
        "CREATE FUNCTION public.rooms_now() RETURNS bigint LANGUAGE sql SET search_path = '' AS 'select 1';\n",
    ],
};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let mut last = None;
    for (statement, code) in subject.statements() {
        match change(subject, statement, code) {
            Some(change) if change.to == To::Before => last = None,
            Some(change) if !change.local => last = Some(change),
            _ => {}
        }
    }
    if let Some(change) = last {
        let message = match change.to {
            To::Empty => {
                "this empties search_path for the whole session, and nothing puts it back: what runs next there finds no table without its schema"
            }
            _ => {
                "this changes search_path for the whole session, and nothing puts it back: what runs next there looks for its tables elsewhere"
            }
        };
        let help = if subject.in_transaction() {
            "name the schemas and take this out, or change it for the transaction only: SET LOCAL search_path, or set_config with true as its last argument"
        } else {
            "name the schemas and take this out, or end the file with RESET search_path"
        };
        found.push(Found::new(RULE.code, Span::new(change.at, change.at), message, help));
    }
}
