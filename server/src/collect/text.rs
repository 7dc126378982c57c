//! Text that a machine wrote about itself: hostile until cleaned.

/// The longest text kept of any one field.
pub const TEXT_MAX_CHARS: usize = 2_048;

/// Drops control characters (line breaks become spaces) and cuts what is longer than the limit.
/// Nothing else is changed: escaping is the business of whoever writes HTML or CSV.
pub fn clean(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\r' | '\t' => Some(' '),
            c if c.is_control() => None,
            c => Some(c),
        })
        .take(TEXT_MAX_CHARS)
        .collect()
}

pub fn clean_option(text: Option<&str>) -> String {
    text.map(clean).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_markup_stays_text() {
        assert_eq!(clean("a\u{0}b\u{1b}[31m\nc<script>"), "ab[31m c<script>");
        assert_eq!(clean(&"x".repeat(5_000)).chars().count(), TEXT_MAX_CHARS);
    }
}
