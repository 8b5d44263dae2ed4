//! Supabase: `<digits>_name.sql` in `supabase/migrations`, no markers.
//!
//! Rules: <https://github.com/supabase/cli>, `pkg/migration/list.go` and `file.go`. A name matches
//! `^([0-9]+)_(.*)\.sql$`; others are passed over, and so is a first file `<14 digits>_init.sql` from
//! before 2021-12-09.
//!
//! Where Counterfoil differs: `.down.sql` is the down file of its up file.

use super::files::Set;
use super::numbered::{Part, accept, pairs, underscored};
use super::out::Out;
use crate::error::Error;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let accepted = accept(set, out, &|file| underscored(file).is_some())?;
    let mut parts = Vec::with_capacity(accepted.len());
    for (at, file) in accepted.into_iter().enumerate() {
        let Some((digits, name)) = underscored(file) else { continue };
        if at == 0 && name == "init" && digits.len() == 14 && digits < "20211209000000" {
            out.unknown(
                file,
                "it is the first file, called init and from before December 2021",
                "give it another name if it is to be run; Supabase does not run it either",
            );
            continue;
        }
        parts.push(Part::new(file, digits, name));
    }
    pairs(&parts, out, false, |file| file.section())
}
