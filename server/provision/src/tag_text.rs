//! Values of tags. AWS Organizations and Systems Manager refuse a whole request for one character that tags do not have.

/// AWS's limit for the value of a tag.
pub const TAG_CHARS_MAX: usize = 256;
/// What a tag has beside letters and digits.
const OTHERS: &str = " _.:/=+-@";
/// Stands for each character that a tag cannot have.
const REPLACEMENT: char = '_';

/// Letters and digits of scripts in which no mark counts as one: AWS's classes are narrower than those of the standard library.
fn is_letter(c: char) -> bool {
    let has_no_marks = matches!(
        c,
        '\0'..='\u{2ff}' | '\u{370}'..='\u{52f}' | '\u{3041}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
    );
    c.is_alphanumeric() && has_no_marks
}

fn is_allowed(c: char) -> bool {
    is_letter(c) || OTHERS.contains(c)
}

/// A name for people as a tag: other characters are replaced, and what is too long is cut.
pub fn from_name(name: &str) -> String {
    name.chars().take(TAG_CHARS_MAX).map(|c| if is_allowed(c) { c } else { REPLACEMENT }).collect()
}

/// The problem of an id as a tag. An id is never changed: two ids could become the same.
pub fn problem_of_id(what: &str, id: &str) -> Option<String> {
    if id.is_empty() || id.chars().count() > TAG_CHARS_MAX {
        return Some(format!("{what} must have 1 to {TAG_CHARS_MAX} characters"));
    }
    let other = id.chars().find(|c| !is_allowed(*c))?;
    Some(format!(
        "{what} has {other:?}, which tags of AWS cannot have. They have letters, digits, spaces and {}",
        OTHERS.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_cut_and_ids_are_refused() {
        assert_eq!(from_name("Halloran & Pike (Zürich)"), "Halloran _ Pike _Zürich_");
        assert_eq!(from_name("a\u{308}\u{93e}\u{0}\n"), "a____");
        assert_eq!(from_name(&"ü".repeat(300)).chars().count(), TAG_CHARS_MAX);
        assert_eq!(problem_of_id("the id", "urn:vm_1/x=y+z-@ 1.2"), None);
        for id in ["", "a&b", "a\u{308}", "a\tb", &"x".repeat(257)] {
            assert!(problem_of_id("the id", id).is_some(), "{id:?}");
        }
    }
}
