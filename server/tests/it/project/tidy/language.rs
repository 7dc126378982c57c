//! The words that `docs/style.md` rules out, and what a merge leaves behind.

use super::{root, tracked};

/// The words in the first column of the table of ruled-out words.
fn ruled_out() -> Vec<String> {
    let style = std::fs::read_to_string(root().join("docs/style.md")).expect("the style guide");
    let (_, section) = style.split_once("\n### Ruled-out words\n").expect("a section of ruled-out words");
    let rows = section.lines().take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_lowercase).collect()
}

/// Where a word stands for itself in a text, in any case.
fn lines_with(text: &str, word: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let stands_alone =
        |line: &str, at: usize| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word);
    let lines = (1..).zip(text.lines().map(str::to_lowercase));
    let found = lines.filter(|(_, line)| line.match_indices(word).any(|(at, _)| stands_alone(line, at)));
    found.map(|(number, _)| number).collect()
}

#[test]
fn nobody_uses_a_ruled_out_word() {
    let words = ruled_out();
    assert!(words.len() >= 6, "docs/style.md rules out only {words:?}");
    let mut found = Vec::new();
    for (path, text) in tracked(&[""]) {
        if path == "docs/style.md" || path.ends_with("lock") || path.ends_with("package-lock.json") {
            continue;
        }
        for word in &words {
            found.extend(lines_with(&text, word).into_iter().map(|line| format!("{path}:{line}: `{word}`")));
        }
    }
    assert!(found.is_empty(), "docs/style.md says what to write instead:\n{}", found.join("\n"));
}

#[test]
fn words_are_found_as_whole_words_only() {
    assert_eq!(lines_with("a catalogue\nThe Cat.\ncat_list\n", "cat"), [2]);
    assert_eq!(lines_with("two_words\ntwo_words_more\n", "two_words"), [1]);
}

#[test]
fn no_merge_was_left_unresolved() {
    let marks = ["<", ">", "|"].map(|mark| mark.repeat(7));
    for (path, text) in tracked(&[""]) {
        for (number, line) in (1..).zip(text.lines()) {
            let conflict = marks.iter().any(|mark| line.starts_with(mark.as_str())) || line == "=".repeat(7);
            assert!(!conflict, "{path}:{number} has a conflict marker");
        }
    }
}
