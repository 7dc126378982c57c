//! Messages that the documentation explains are messages that the sources have.

use super::document;
use crate::project::tidy;
use muster_model::harvest::ErrorClass;

/// The text of all sources, with strings that go on in the next line in one piece.
fn sources() -> String {
    let files = tidy::tracked(&[".rs", ".sh"]).into_iter().filter(|(path, _)| !path.starts_with("server/tests/"));
    let text: String = files.map(|(_, text)| text).collect();
    text.replace("\\\n", " ").replace("\\\"", "\"").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_message_in_the_troubleshooting_is_one_of_ours() {
    let operating = document("docs/operating.md");
    let sources = sources();
    let rows = operating.table("### By message");
    let mut missing = Vec::new();
    for row in rows.iter().skip(1) {
        // An ellipsis stands for a name or a number.
        let message = row[0].trim_matches('`');
        missing.extend(message.split('…').map(str::trim).filter(|part| !sources.contains(part)).map(str::to_owned));
    }
    assert!(rows.len() > 10, "only {} messages were found", rows.len());
    assert!(missing.is_empty(), "no source has these messages: {missing:#?}");
}

#[test]
fn every_class_of_errors_is_explained() {
    let operating = document("docs/operating.md");
    let rows = operating.table("### By error class");
    let explained: Vec<&str> = rows.iter().skip(1).map(|row| row[0].trim_matches('`')).collect();
    let classes: Vec<&str> = ErrorClass::ALL.iter().map(|class| class.code()).collect();
    assert_eq!(explained, classes);
}
