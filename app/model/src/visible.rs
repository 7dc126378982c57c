//! Which texts can be seen. A name without a visible character names nothing.

use std::borrow::Cow;

/// The characters that show nothing, as ranges: blanks, controls, format characters, fillers, variation selectors, and U+FFFD,
/// which stands for a removed one. `server/metrics` has the same ranges in SQL.
pub const INVISIBLE: [(u32, u32); 24] = [
    (0x0000, 0x0020),
    (0x007f, 0x00a0),
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x061c, 0x061c),
    (0x115f, 0x1160),
    (0x1680, 0x1680),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x2000, 0x200f),
    (0x2028, 0x202f),
    (0x205f, 0x206f),
    (0x2800, 0x2800),
    (0x3000, 0x3000),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff9, 0xfffb),
    (0xfffd, 0xfffd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
];

/// Whether the character shows anything.
pub fn is_visible(c: char) -> bool {
    !INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}

/// Whether the text shows nothing: it is empty, or all of its characters are invisible.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// The text in quotation marks if it starts or ends with an invisible character, so that it can be told from another.
pub fn quoted_blanks(text: &str) -> Cow<'_, str> {
    let mut ends = text.chars().next().into_iter().chain(text.chars().next_back());
    if ends.all(is_visible) { text.into() } else { format!("\"{text}\"").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_of_any_kind_show_nothing() {
        for text in
            ["", "   ", "\t", "\u{a0}", "\u{3000}", "\u{200b}\u{200d}", "\u{2800}", "\u{3164}", "\u{fffd}", "\u{e007f}"]
        {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", " a ", "پایگاه\u{200c}داده", "👨\u{200d}💻", "·", "é", "東"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn every_blank_character_of_unicode_is_invisible() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| c.is_whitespace() || c.is_control()) {
            assert!(!is_visible(c), "{c:?}");
        }
    }

    #[test]
    fn quotes_only_what_has_blanks_around_it() {
        assert_eq!(quoted_blanks("early"), "early");
        assert_eq!(quoted_blanks("early "), "\"early \"");
        assert_eq!(quoted_blanks("  "), "\"  \"");
        assert_eq!(quoted_blanks(""), "");
    }
}
