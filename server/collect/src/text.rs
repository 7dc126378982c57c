//! Cleans text that instances report about themselves. Such text is untrusted.

/// The longest text of one field that is stored.
pub const TEXT_MAX_CHARS: usize = 2_048;
/// Ends a truncated text.
const TRUNCATION_MARK: char = '…';
/// Replaces an invisible character that changes how others are shown.
const REPLACEMENT: char = '\u{fffd}';
/// The waving black flag, which starts the flag of a region: its letters are invisible tags.
const FLAG: char = '\u{1f3f4}';
/// Combining characters on one letter. More of them overlap the neighbouring lines.
const COMBINING_MAX: usize = 3;

/// A text or one of the SDK's enumerations; an absent one is empty.
pub trait Text {
    fn text(&self) -> &str;
}

impl<T: AsRef<str> + ?Sized> Text for &T {
    fn text(&self) -> &str {
        self.as_ref()
    }
}

impl<T: AsRef<str>> Text for Option<T> {
    fn text(&self) -> &str {
        self.as_ref().map_or("", T::as_ref)
    }
}

/// Makes a text safe to show in one line: removes control characters (line breaks become spaces), replaces characters that
/// hide or reorder others, and truncates. Zero-width joiners stay where a script or an emoji needs them. Escaping is left to the writers of HTML and CSV.
pub fn clean(text: impl Text) -> String {
    let text = text.text();
    if is_plain(text) {
        return text.to_owned();
    }
    let mut cleaned = String::with_capacity(text.len().min(4 * TEXT_MAX_CHARS));
    let (mut count, mut combining) = (0, 0);
    let (mut before, mut is_flag) = (' ', false);
    for c in text.chars() {
        is_flag = c == FLAG || (is_flag && is_tag(c));
        let c = match c {
            c if is_joiner(c) && takes_joiner(before) => c,
            c if is_flag => c,
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => continue,
            c if is_unprintable(c) => REPLACEMENT,
            c => c,
        };
        before = c;
        combining = if is_combining(c) { combining + 1 } else { 0 };
        if combining > COMBINING_MAX {
            continue;
        }
        if count == TEXT_MAX_CHARS - 1 {
            cleaned.push(TRUNCATION_MARK);
            return cleaned;
        }
        cleaned.push(c);
        count += 1;
    }
    cleaned
}

/// Like [`clean`], without a copy of plain text.
pub fn clean_owned(text: String) -> String {
    if is_plain(&text) { text } else { clean(&text) }
}

/// A fast path: nearly all of millions of texts are plain.
fn is_plain(text: &str) -> bool {
    text.len() <= TEXT_MAX_CHARS && text.bytes().all(|byte| (b' '..0x7f).contains(&byte))
}

/// Recognises control characters, and invisible ones that change how others are shown: direction marks, zero-width.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{061c}' | '\u{feff}'
            | '\u{00ad}' | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The zero-width non-joiner and joiner.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether a joiner can follow the character: one of a script between Hebrew and Mongolian, which joiners shape, or an emoji.
/// Between letters of other scripts a joiner only makes two equal names differ.
fn takes_joiner(c: char) -> bool {
    matches!(c,
        '\u{0590}'..='\u{1c7f}' | '\u{1cd0}'..='\u{1cff}' | '\u{2190}'..='\u{27bf}' | '\u{2900}'..='\u{2bff}'
        | '\u{a840}'..='\u{abff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe0f}' | '\u{fe70}'..='\u{fefc}' | '\u{10a00}'..='\u{11fff}'
        | '\u{1e900}'..='\u{1e95f}' | '\u{1f000}'..='\u{1faff}')
        && !is_unprintable(c)
}

/// The letters of a region's flag, and their end.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
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
    fn removes_control_characters_and_keeps_markup() {
        assert_eq!(clean("a\u{0}b\u{1b}[31m\nc<script>"), "ab[31m c<script>");
        assert_eq!(clean("Zürich 東京"), "Zürich 東京");
    }

    #[test]
    fn replaces_invisible_characters() {
        assert_eq!(clean("invoice\u{202e}cod.exe"), "invoice\u{fffd}cod.exe");
        assert_eq!(clean("ad\u{200b}min"), "ad\u{fffd}min");
        assert_eq!(clean(&format!("o{}k", "\u{0336}".repeat(64))).chars().count(), 2 + COMBINING_MAX);
    }

    #[test]
    fn keeps_joiners_that_a_script_or_an_emoji_needs() {
        for text in [
            "پایگاه\u{200c}داده",
            "क्\u{200d}ष",
            "dev 👨\u{200d}💻",
            "👩🏽\u{200d}🚀",
            "❤\u{fe0f}\u{200d}🔥",
            "🏴\u{200d}☠\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "サーバー01",
        ] {
            assert_eq!(clean(text), text);
        }
        assert_eq!(clean("ad\u{200d}min"), "ad\u{fffd}min");
        assert_eq!(clean("\u{200c}a"), "\u{fffd}a");
        assert_eq!(clean("ه\u{200c}\u{200c}د"), "ه\u{200c}\u{fffd}د");
        assert_eq!(clean("a\u{e0067}"), "a\u{fffd}");
        assert_eq!(clean("ه\u{202e}د\u{2066}"), "ه\u{fffd}د\u{fffd}");
    }

    #[test]
    fn truncates_long_text_with_a_mark() {
        let cut = clean(&"x".repeat(500_000));
        assert_eq!(cut.chars().count(), TEXT_MAX_CHARS);
        assert!(cut.ends_with(TRUNCATION_MARK));
        assert_eq!(clean(&"x".repeat(TEXT_MAX_CHARS)), "x".repeat(TEXT_MAX_CHARS));
    }
}
