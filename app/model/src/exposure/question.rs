//! Reads questions from pasted text: CVEs, KBs, advisories, and versions of packages, with anything around them.

use crate::CveId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most questions of one text.
pub const QUESTIONS_MAX: usize = 100;
/// The longest text, in characters.
pub const QUESTION_CHARS_MAX: usize = 4_000;

/// What separates words of a text besides blanks.
const SEPARATORS: [char; 4] = [',', ';', '|', '\t'];
/// What may surround a word.
const AROUND: [char; 10] = ['.', ':', '!', '?', '(', ')', '[', ']', '\'', '`'];
/// How the ids of advisories start, with the number that follows.
const ADVISORIES: [&str; 14] = [
    "RHSA-", "RHBA-", "RHEA-", "ALSA-", "ALBA-", "ALEA-", "RLSA-", "RLBA-", "ELSA-", "ELBA-", "USN-", "DSA-", "DLA-",
    "SUSE-SU-",
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    Cve(String),
    Kb(String),
    Advisory(String),
    Package(PackageQuestion),
}

/// Whether a package has a version in this relation to another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PackageQuestion {
    pub name: String,
    pub relation: Relation,
    pub version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// The signs of relations, longer ones first.
const RELATIONS: [(&str, Relation); 8] = [
    ("<=", Relation::LessOrEqual),
    ("≤", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("≥", Relation::GreaterOrEqual),
    ("==", Relation::Equal),
    ("<", Relation::Less),
    (">", Relation::Greater),
    ("=", Relation::Equal),
];

impl Relation {
    pub fn sign(self) -> &'static str {
        RELATIONS.iter().find(|(_, relation)| *relation == self).map_or("", |(sign, _)| sign)
    }

    /// Whether an ordering of the installed version and the other one is in this relation.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Greater => ordering.is_gt(),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cve(id) | Self::Kb(id) | Self::Advisory(id) => f.write_str(id),
            Self::Package(PackageQuestion { name, relation, version }) => {
                let quote = if name.contains(char::is_whitespace) { "\"" } else { "" };
                write!(f, "{quote}{name}{quote} {} {version}", relation.sign())
            }
        }
    }
}

/// Returns the questions of a text, each once and in its order, and the words that are none.
pub fn questions(text: &str) -> (Vec<Question>, Vec<String>) {
    let (mut found, mut words) = (Vec::new(), Vec::new());
    for line in text.lines() {
        read_line(line, &mut found, &mut words);
    }
    let mut questions: Vec<Question> = Vec::new();
    for question in found {
        if questions.len() < QUESTIONS_MAX && !questions.contains(&question) {
            questions.push(question);
        }
    }
    (questions, words)
}

/// Whether a text has a question.
pub fn has_question(text: &str) -> bool {
    !questions(text).0.is_empty()
}

fn read_line(line: &str, found: &mut Vec<Question>, words: &mut Vec<String>) {
    let tokens = tokens(line);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let relation = tokens.get(at + 1).and_then(|next| relation_of(next));
        if let (Some(relation), Some(version)) = (relation, tokens.get(at + 2)) {
            let version = version.trim_matches(AROUND);
            if is_version(version) && relation_of(token).is_none() {
                let (name, version) = (token.trim_matches(AROUND).to_owned(), version.to_owned());
                found.push(Question::Package(PackageQuestion { name, relation, version }));
                at += 3;
                continue;
            }
        }
        match identifier(token) {
            Some(question) => found.push(question),
            None if relation_of(token).is_none() => words.push(token.trim_matches(AROUND).to_owned()),
            None => {}
        }
        at += 1;
    }
    words.retain(|word| !word.is_empty());
}

/// Splits a line into words, texts in quotes, and signs of relations.
fn tokens(line: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let quotes = line.matches('"').count();
    for (place, part) in line.split('"').enumerate() {
        // Every other part is in quotes.
        if place % 2 == 1 && quotes > place {
            tokens.push(part.split_whitespace().collect::<Vec<_>>().join(" "));
            continue;
        }
        let spaced = RELATIONS.iter().fold(part.replace(SEPARATORS, " "), |text, (sign, _)| match sign.len() {
            // The one-character signs are also parts of the others.
            1 => text,
            _ => text.replace(sign, &format!(" {sign} ")),
        });
        for word in spaced.split_whitespace() {
            tokens.extend(split_single(word));
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// Splits a word at `<`, `>` and `=`, unless it is a sign.
fn split_single(word: &str) -> Vec<String> {
    if relation_of(word).is_some() {
        return vec![word.to_owned()];
    }
    let mut tokens = vec![String::new()];
    for character in word.chars() {
        match character {
            '<' | '>' | '=' => tokens.extend([character.to_string(), String::new()]),
            _ => {
                if let Some(last) = tokens.last_mut() {
                    last.push(character);
                }
            }
        }
    }
    tokens
}

fn relation_of(token: &str) -> Option<Relation> {
    RELATIONS.iter().find(|(sign, _)| *sign == token).map(|(_, relation)| *relation)
}

/// A version has a digit, and nothing that no version has.
fn is_version(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+~:^".contains(&byte))
}

fn identifier(token: &str) -> Option<Question> {
    let word = token.trim_matches(AROUND).to_ascii_uppercase();
    let digits = |text: &str, min: usize| text.len() >= min && text.bytes().all(|byte| byte.is_ascii_digit());
    if word.starts_with("CVE-") {
        return CveId::is_valid(&word).then_some(Question::Cve(word));
    }
    if word.strip_prefix("KB").is_some_and(|number| digits(number, 6) && number.len() <= 9) {
        return Some(Question::Kb(word));
    }
    let advisory = ADVISORIES.iter().find_map(|start| word.strip_prefix(start));
    let is_number = |rest: &str| {
        rest.starts_with(|first: char| first.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_digit() || b":-".contains(&byte))
    };
    advisory.filter(|rest| is_number(rest)).map(|_| Question::Advisory(word.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (questions, words) = questions(text);
        (questions.iter().map(ToString::to_string).collect(), words)
    }

    #[test]
    fn questions_are_found_in_text() {
        let text = "Are we exposed to cve-2024-6387, CVE-2025-40778; (KB5034439) and RHSA-2025:1234?\n\
                    openssl < 3.0.14, kernel-core<=5.14.0-427 \"Microsoft Edge\" < 142.0 glibc==2.34-100.el9 CVE-2024-6387";
        let (questions, words) = read(text);
        assert_eq!(
            questions,
            [
                "CVE-2024-6387",
                "CVE-2025-40778",
                "KB5034439",
                "RHSA-2025:1234",
                "openssl < 3.0.14",
                "kernel-core <= 5.14.0-427",
                "\"Microsoft Edge\" < 142.0",
                "glibc == 2.34-100.el9",
            ]
        );
        assert_eq!(words, ["Are", "we", "exposed", "to", "and"]);
        assert_eq!(read("10.0.20348 < 10.0.20348.2582").0, ["10.0.20348 < 10.0.20348.2582"]);
    }

    #[test]
    fn each_question_can_be_read_again() {
        let text = "CVE-2024-6387 KB5034439 \"a \t b\" < 1 USN-6859-1 openssl >= 1:3.0.14~rc1+dfsg \"7-Zip 24.09 (x64)\" = 24.09 a<1";
        let (questions, _) = read(text);
        assert_eq!(questions.len(), 7);
        for question in questions {
            assert_eq!(read(&question), (vec![question.clone()], Vec::new()), "{question}");
        }
    }

    #[test]
    fn other_words_are_no_questions() {
        for text in [
            "",
            "web-01",
            "llp db",
            "10.0.4.17",
            "i-0cb2b964d3e14fd9f",
            "CVE-24-1",
            "CVE-2024-",
            "KB12",
            "a < b",
            "< 3",
            "openssl <",
            "= =",
            "\"",
            "\"\" < 1x",
            "RHSA-",
            "<<<>>>",
        ] {
            assert!(!has_question(text) || text.contains("1x"), "{text}");
        }
    }

    #[test]
    fn a_long_text_has_a_limit_of_questions() {
        let text: String = (0..500).map(|number| format!("CVE-2024-{} ", 10_000 + number)).collect();
        assert_eq!(questions(&text).0.len(), QUESTIONS_MAX);
    }
}
