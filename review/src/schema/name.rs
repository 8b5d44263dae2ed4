//! Names that carry a date: those of partitions that a migration makes for the day on which it runs.

use regex_lite::Regex;

/// Six digits or more, with `_` and `-` among them.
const DATE: &str = "(?:[_-]*[0-9]){6}[0-9_-]*";

/// Leaves dates out of names.
pub(super) struct Undated(Option<Regex>);

impl Undated {
    pub(super) fn new() -> Self {
        Undated(Regex::new(DATE).ok())
    }

    /// The name without its dates; none if it has none.
    pub(super) fn of(&self, name: &str) -> Option<String> {
        let date = self.0.as_ref().filter(|date| date.is_match(name))?;
        Some(date.replace_all(name, "#").into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_left_out_and_other_numbers_stay() {
        let undated = Undated::new();
        assert_eq!(undated.of("public.tasks_20261126").as_deref(), Some("public.tasks#"));
        assert_eq!(undated.of("public.tasks_2026_11_26_idx").as_deref(), Some("public.tasks#idx"));
        assert_eq!(undated.of("public.v1_tasks"), None);
        assert_eq!(undated.of("public.part_10"), None);
    }
}
