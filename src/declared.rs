//! Closed sets of words as unions of TypeScript, made of the tables that have the words while this is
//! compiled: no byte of it is in a module. For the bindings of the core and of the review module.

/// How long the text of [`written`] is.
pub const fn length(name: &str, docs: &str, lists: &[&[&str]]) -> usize {
    let mut length = "/** ".len() + docs.len() + " */\nexport type ".len() + name.len() + " =".len() + "\n".len();
    let mut list = 0;
    while list < lists.len() {
        let mut word = 0;
        while word < lists[list].len() {
            length += " | ''".len() + lists[list][word].len();
            word += 1;
        }
        list += 1;
    }
    length
}

/// `export type <name> = | 'a' | 'b'` with its documentation.
pub const fn written<const N: usize>(name: &str, docs: &str, lists: &[&[&str]]) -> [u8; N] {
    let mut text = [0; N];
    let mut at = append(&mut text, 0, "/** ");
    at = append(&mut text, at, docs);
    at = append(&mut text, at, " */\nexport type ");
    at = append(&mut text, at, name);
    at = append(&mut text, at, " =");
    let mut list = 0;
    while list < lists.len() {
        let mut word = 0;
        while word < lists[list].len() {
            at = append(&mut text, at, " | '");
            at = append(&mut text, at, lists[list][word]);
            at = append(&mut text, at, "'");
            word += 1;
        }
        list += 1;
    }
    append(&mut text, at, "\n");
    text
}

const fn append(text: &mut [u8], mut at: usize, more: &str) -> usize {
    let bytes = more.as_bytes();
    let mut from = 0;
    while from < bytes.len() {
        text[at] = bytes[from];
        (at, from) = (at + 1, from + 1);
    }
    at
}

/// The word of every entry of a table: `words_of!(TABLE, entry => entry.name)`.
#[doc(hidden)]
#[macro_export]
macro_rules! words_of {
    ($table:expr, $entry:ident => $word:expr) => {{
        const WORDS: [&str; $table.len()] = {
            let mut words = [""; $table.len()];
            let mut at = 0;
            while at < words.len() {
                let $entry = &$table[at];
                words[at] = $word;
                at += 1;
            }
            words
        };
        &WORDS
    }};
}

/// A union of all the words of some lists, as a text of TypeScript.
#[doc(hidden)]
#[macro_export]
macro_rules! union {
    ($name:literal, $docs:literal, $($list:expr),+ $(,)?) => {{
        const LISTS: &[&[&str]] = &[$($list),+];
        const TEXT: [u8; $crate::declared::length($name, $docs, LISTS)] =
            $crate::declared::written($name, $docs, LISTS);
        match ::core::str::from_utf8(&TEXT) {
            Ok(text) => text,
            Err(_) => panic!("a text that was put together of texts"),
        }
    }};
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_table_becomes_a_union() {
        const TABLE: &[(u8, &str)] = &[(1, "a-b"), (2, "c")];
        const UNION: &str = union!("Word", "What it is.", words_of!(TABLE, entry => entry.1), &["d"]);
        assert_eq!(UNION, "/** What it is. */\nexport type Word = | 'a-b' | 'c' | 'd'\n");
    }
}
