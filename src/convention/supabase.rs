//! Supabase: `<digits>_name.sql` in `supabase/migrations`, no markers.
//!
//! Rules: <https://github.com/supabase/cli>, `pkg/migration/list.go` and `file.go`. A name matches
//! `^([0-9]+)_(.*)\.sql$`; others are passed over, and so is a first file `<14 digits>_init.sql` from
//! before 2021-12-09.
//!
//! Where Counterfoil differs: `.down.sql` is the down file of its up file.

use super::files::{Out, Set};
use super::numbered::{Half, Part, accept, half, pairs, underscored};
use crate::error::Error;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let mut accepted = accept(set, out, |file| underscored(file).is_some());
    if let Some(&first) = accepted.first() {
        let file = &set.files[first];
        let old = underscored(file)
            .is_some_and(|(digits, name)| name == "init" && digits.len() == 14 && digits < "20211209000000");
        if old {
            out.unknown(
                file,
                "it is the first file, called init, and from before December 2021",
                "give it another name if it is to be run; Supabase does not run it either",
            );
            accepted.remove(0);
        }
    }
    let mut parts = Vec::with_capacity(accepted.len());
    for at in accepted {
        let file = &set.files[at];
        let Some((digits, name)) = underscored(file) else { continue };
        let (name, down) = match half(name) {
            Half::Up(name) | Half::Whole(name) => (name, false),
            Half::Down(name) => (name, true),
        };
        parts.push(Part { file, digits, name, down });
    }
    pairs(&parts, out, |file| file.section())
}
