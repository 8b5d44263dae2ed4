//! What a run knows from the start.

use super::options::{Capabilities, Goal, Options};
use super::request::Direction;
use super::shared::Shared;
use crate::migration::{Migration, Section};
use std::sync::Arc;

/// What a run knows from the start.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Setup {
    /// The migrations.
    pub catalog: Arc<Shared>,
    /// What the run is for.
    pub goal: Goal,
    /// How it is to behave.
    pub options: Options,
    /// What the driver can do.
    pub capabilities: Capabilities,
}

impl Setup {
    /// What a run would know that is set up with these; the options are taken as they are.
    pub fn new(catalog: impl Into<Arc<Shared>>, goal: Goal, options: Options, capabilities: Capabilities) -> Self {
        Setup { catalog: catalog.into(), goal, options, capabilities }
    }

    /// The migration that a section is of. None: it is a callback, which has neither a version nor a row.
    pub(super) fn migration(&self, at: usize, direction: Direction) -> Option<&Migration> {
        match direction {
            Direction::Callback => None,
            Direction::Up | Direction::Down => self.catalog.migrations.get(at),
        }
    }

    /// The section of a migration that is run in a direction. A migration without a down section
    /// never gets that far; its up section stands in.
    pub(crate) fn section(&self, migration: usize, direction: Direction) -> &Section {
        let of = || &self.catalog.migrations[migration];
        match direction {
            Direction::Callback => &self.catalog.callbacks[migration].section,
            Direction::Up => &of().up,
            Direction::Down => of().down.as_ref().unwrap_or(&of().up),
        }
    }
}
