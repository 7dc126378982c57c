//! Text that a machine wrote about itself: hostile until cleaned.

/// The longest text kept of any one field.
pub const TEXT_MAX_CHARS: usize = 2_048;
/// Stands at the end of a text that was cut.
const CUT_MARK: char = '…';
/// Stands where a character was that cannot be seen, but changes what is seen.
const HIDDEN_MARK: char = '\u{fffd}';
/// Accents on one letter; more of them spill over the lines around.
const COMBINING_MAX: usize = 3;

/// Makes a text fit to be shown in one line: control characters go (line breaks become spaces), characters that hide or
/// reorder others are made visible, and what is too long is cut with a mark. Nothing else is changed: escaping is the
/// business of whoever writes HTML or CSV.
pub fn clean(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut cleaned = String::with_capacity(text.len().min(4 * TEXT_MAX_CHARS));
    let (mut count, mut accents) = (0, 0);
    for c in text.chars() {
        let c = match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => continue,
            c if is_unfit(c) => HIDDEN_MARK,
            c => c,
        };
        accents = if is_combining(c) { accents + 1 } else { 0 };
        if accents > COMBINING_MAX {
            continue;
        }
        if count == TEXT_MAX_CHARS - 1 {
            cleaned.push(CUT_MARK);
            return cleaned;
        }
        cleaned.push(c);
        count += 1;
    }
    cleaned
}

/// The same for a text of one's own, which is seldom anything but plain and then is not copied.
pub fn clean_owned(text: String) -> String {
    if is_plain(&text) { text } else { clean(&text) }
}

pub fn clean_option(text: Option<&str>) -> String {
    text.map(clean).unwrap_or_default()
}

/// Nearly all text is plain, and there are millions of it.
fn is_plain(text: &str) -> bool {
    text.len() <= TEXT_MAX_CHARS && text.bytes().all(|byte| (b' '..0x7f).contains(&byte))
}

/// Controls, and what cannot be seen but changes what is: marks of direction, and characters of no width.
pub fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{061c}' | '\u{feff}'
            | '\u{00ad}' | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_combining(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_markup_stays_text() {
        assert_eq!(clean("a\u{0}b\u{1b}[31m\nc<script>"), "ab[31m c<script>");
        assert_eq!(clean("Zürich 東京"), "Zürich 東京");
    }

    #[test]
    fn what_hides_is_made_visible() {
        assert_eq!(clean("invoice\u{202e}cod.exe"), "invoice\u{fffd}cod.exe");
        assert_eq!(clean("ad\u{200b}min"), "ad\u{fffd}min");
        assert_eq!(clean(&format!("o{}k", "\u{0336}".repeat(64))).chars().count(), 2 + COMBINING_MAX);
    }

    #[test]
    fn what_is_too_long_is_cut_with_a_mark() {
        let cut = clean(&"x".repeat(500_000));
        assert_eq!(cut.chars().count(), TEXT_MAX_CHARS);
        assert!(cut.ends_with(CUT_MARK));
        assert_eq!(clean(&"x".repeat(TEXT_MAX_CHARS)), "x".repeat(TEXT_MAX_CHARS));
    }
}
