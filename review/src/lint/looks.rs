//! Every rule that is looked for here, and how.

use super::{Found, Rule, Subject};
use super::{
    destructive_down, identifier_too_long, ignore, ledger_written, marker_in_literal, planned, session_search_path,
    unqualified_name,
};

/// What a rule does: it looks at a section and says what it finds.
pub(crate) type Look = fn(&Subject<'_>, &mut Vec<Found>);

/// Every rule that is looked for here, and how.
pub(crate) const LOOKS: &[(Rule, Look)] = &[
    (session_search_path::RULE, session_search_path::look),
    (unqualified_name::RULE, unqualified_name::look),
    (ledger_written::RULE, ledger_written::look),
    (identifier_too_long::RULE, identifier_too_long::look),
    (marker_in_literal::RULE, marker_in_literal::look),
    (destructive_down::RULE, destructive_down::look),
];

/// Every rule of this crate, in the order of the documentation.
pub fn rules() -> impl Iterator<Item = Rule> {
    LOOKS.iter().map(|(rule, _)| *rule).chain(planned::RULES.iter().copied()).chain([ignore::RULE])
}
