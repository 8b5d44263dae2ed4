//! Names that carry a date: those of partitions that a migration makes for the day on which it runs.

/// The name with every number of six digits or more left out, and `_` and `-` between numbers.
pub(super) fn undated(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    let mut dated = false;
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let run = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
        let digits = rest[..run].bytes().filter(u8::is_ascii_digit).count();
        if digits >= 6 {
            dated = true;
            out.push('#');
            rest = &rest[run..];
        } else {
            let len = if run > 0 { run } else { first.len_utf8() };
            out.push_str(&rest[..len]);
            rest = &rest[len..];
        }
    }
    dated.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::undated;

    #[test]
    fn dates_are_left_out_and_other_numbers_stay() {
        assert_eq!(undated("public.tasks_20261126").as_deref(), Some("public.tasks#"));
        assert_eq!(undated("public.tasks_2026_11_26_idx").as_deref(), Some("public.tasks#idx"));
        assert_eq!(undated("public.v1_tasks"), None);
        assert_eq!(undated("public.part_10"), None);
    }
}
