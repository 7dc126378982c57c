//! Finds the word that a misspelt one was meant to be.

/// Returns the known word with the fewest edits to `word`, and how many these are.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, usize)> {
    known.into_iter().map(|known| (known, edits(word, known))).min_by_key(|(_, edits)| *edits)
}

/// Whether so few edits are a slip: one in a short word, two in a longer one.
pub fn is_slip(word: &str, edits: usize) -> bool {
    edits <= if word.chars().count() < 5 { 1 } else { 2 }
}

/// Counts the characters to insert, remove or replace (the Levenshtein distance).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, c) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, d) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(c != *d);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_edits_between_two_words() {
        for (one, other, expected) in [
            ("", "abc", 3),
            ("listn", "listen", 1),
            ("kitten", "sitting", 3),
            ("aws", "aws", 0),
            ("port", "store", 3),
            ("stale_scan_day", "stale_scan_days", 1),
        ] {
            assert_eq!((edits(one, other), edits(other, one)), (expected, expected), "{one} {other}");
        }
    }

    #[test]
    fn finds_the_nearest_word() {
        assert_eq!(nearest("rostr", ["store", "roster", "access"]), Some(("roster", 1)));
        assert_eq!(nearest("x", []), None);
        assert!(is_slip("listn", 1) && is_slip("acount", 2) && !is_slip("gcp", 2));
    }
}
