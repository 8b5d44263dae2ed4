//! Quotes of an anonymous block: none that stand inside.

/// `DO` with a body between `tag`, to which underscores are added until the body does not hold it. Nothing else in a body ends it,
/// whatever names and values stand there.
pub(super) fn quoted(tag: &str, body: &str) -> String {
    let mut tag = tag.to_owned();
    while body.contains(&tag) {
        tag.insert(tag.len() - 1, '_');
    }
    format!("DO {tag}\n{body}\n{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quotes_are_none_that_stand_inside() {
        assert_eq!(quoted("$$", "BEGIN\nEND"), "DO $$\nBEGIN\nEND\n$$");
        assert_eq!(quoted("$$", "BEGIN\n  PERFORM '$$ $_$';\nEND"), "DO $__$\nBEGIN\n  PERFORM '$$ $_$';\nEND\n$__$");
    }
}
