//! How a plan is to look.

use counterfoil::ledger::Row;

/// How a plan is shown as text.
#[derive(Clone, Debug)]
// Exhaustive: callers build it.
pub struct Look<'r> {
    /// Whether every decision has a line; else those in a row about which there is nothing to say
    /// are counted on one.
    pub all: bool,
    /// The widest line, in characters. A word that is longer stays whole.
    pub width: usize,
    /// Whether there are colours: the escape sequences of a terminal.
    pub colours: bool,
    /// The rows of the ledger. With them it is shown what is there, and since when.
    pub rows: Option<&'r [Row]>,
}

impl Default for Look<'_> {
    fn default() -> Self {
        Look { all: false, width: 100, colours: false, rows: None }
    }
}
