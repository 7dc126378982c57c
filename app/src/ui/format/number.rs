//! Counts and percentages.

/// `1,234,567`
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count and its noun: `1 account`, `1,200 accounts`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A share in whole percent, rounded down; 0 and 100 are returned only for exactly none and all.
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 || part == 0 {
        return 0;
    }
    if part >= whole {
        return 100;
    }
    (part.saturating_mul(100) / whole).clamp(1, 99)
}

/// The rows of a list on a page: `51–100 of 1,240`.
pub fn row_range(offset: u64, shown: u64, total: u64) -> String {
    match shown {
        0 => format!("0 of {}", count(total)),
        1 => format!("{} of {}", count(offset + 1), count(total)),
        _ => format!("{}–{} of {}", count(offset + 1), count(offset + shown), count(total)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (15_000_000, "15,000,000"), (123_456, "123,456")] {
            assert_eq!(count(n), text);
        }
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(plural(1, "account", "accounts"), "1 account");
        assert_eq!(plural(0, "account", "accounts"), "0 accounts");
        assert_eq!(plural(1200, "account", "accounts"), "1,200 accounts");
    }

    #[test]
    fn nearly_all_is_not_all_and_nearly_none_is_not_none() {
        for (part, whole, share) in
            [(0, 0, 0), (0, 9, 0), (9, 9, 100), (999, 1000, 99), (1, 1000, 1), (14, 15, 93), (199, 200, 99)]
        {
            assert_eq!(percent(part, whole), share, "{part} of {whole}");
        }
    }

    #[test]
    fn a_page_says_which_rows_it_shows() {
        assert_eq!(row_range(50, 50, 1240), "51–100 of 1,240");
        assert_eq!(row_range(0, 0, 7), "0 of 7");
        assert_eq!(row_range(6, 1, 7), "7 of 7");
    }
}
