//! Where in a section a failure happened.

use super::message::{alone, is_explicit, pieces, script};
use super::prepared::Prepared;
use super::request::Request;
use super::{Failure, Setup};
use crate::error::Location;
use crate::span::code_point_to_byte;

/// The place and the statement that a failure is about, if the request ran a section.
pub(crate) fn place(
    setup: &Setup,
    prepared: Option<&Prepared>,
    request: &Request,
    failure: &Failure,
) -> Option<(Location, String)> {
    let prepared = prepared?;
    let batch = !setup.capabilities.script && matches!(request, Request::Atomic(_));
    let body = match request {
        Request::Atomic(acts) => {
            let explicit = !batch && is_explicit(Some(prepared), acts);
            script(pieces(setup, Some(prepared), acts), explicit).body?
        }
        Request::Alone { migration, direction, step } => {
            alone(setup, Some(prepared), *migration, *direction, *step).1?
        }
        _ => return None,
    };
    let section = prepared.section(setup, body.migration, body.direction);
    let all = &prepared.analysis.statements;
    let by_count = || {
        let done = failure.completed? as usize;
        let mut index = body.statements.start.saturating_add(done.checked_sub(body.first)?);
        // Transaction control that was left out was not counted by the database either.
        for (at, statement) in all.iter().enumerate().skip(body.statements.start) {
            if at > index {
                break;
            }
            if statement.control.is_some_and(|control| !control.is_savepoint()) {
                index += 1;
            }
        }
        // What comes after it is not the section's.
        all.get(index).filter(|_| index < body.statements.end)
    };
    let offset = match failure.position {
        Some(position) if batch => by_count().map(|s| {
            s.span.start + code_point_to_byte(s.span.slice(&section.text), (position as usize).saturating_sub(1))
        }),
        Some(position) => (position as usize)
            .checked_sub(1 + body.before)
            .map(|index| (index, code_point_to_byte(&body.text, index)))
            .filter(|(_, at)| *at < body.text.len())
            .map(|(_, at)| body.offset + at),
        None if matches!(request, Request::Alone { .. }) => Some(body.offset),
        None => by_count().map(|s| s.span.start),
    }?;
    let statement = all
        .iter()
        .find(|statement| statement.span.start <= offset && offset <= statement.span.end)
        .map_or_else(Default::default, |statement| section.as_written(statement.span));
    Some((section.location(offset), statement.into_owned()))
}
