//! The forms of ids that the attestors accept.

/// A UUID in lower case. `None` for any other form than 8-4-4-4-12 hexadecimal digits.
pub fn uuid(text: &str) -> Option<String> {
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_uuid.then(|| text.to_ascii_lowercase())
}

/// Whether the text consists of a number of decimal digits within the range.
pub fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text has 1 to `length_max` printable ASCII characters and no spaces, so that it is safe in logs and as a key.
pub fn is_identifier(text: &str, length_max: usize) -> bool {
    (1..=length_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_uuids_in_their_usual_form_only() {
        let upper = "8A3C2F10-1B2C-4D5E-8F90-0123456789AB";
        assert_eq!(uuid(upper).as_deref(), Some("8a3c2f10-1b2c-4d5e-8f90-0123456789ab"));
        for text in [
            "",
            &upper[1..],
            &upper.replace('-', ""),
            &format!("{{{upper}}}"),
            &upper.replace('A', "g"),
            &upper.replace('-', "_"),
        ] {
            assert_eq!(uuid(text), None, "{text}");
        }
        assert_eq!(uuid(&upper.replace('C', "é")), None);
    }

    #[test]
    fn accepts_plain_digits_and_identifiers_only() {
        assert!(is_digits("012345678901", 12..=12) && !is_digits("12345678901", 12..=12));
        assert!(!is_digits("", 1..=20) && !is_digits("-1", 1..=20) && !is_digits("١", 1..=20));
        assert!(is_identifier("vm-42", 5) && !is_identifier("vm-42", 4) && !is_identifier("", 4));
        assert!(!is_identifier("a b", 9) && !is_identifier("a\n", 9) && !is_identifier("é", 9));
    }
}
