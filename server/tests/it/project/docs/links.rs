//! Links lead somewhere: to a file of the repository, and to a heading in it.

use super::{Document, documents};
use crate::project::tidy;
use std::{collections::BTreeSet, path::Path};

/// The targets of the links and images in it.
fn links(document: &Document) -> Vec<String> {
    let without_code: String = document.prose.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let targets = without_code.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(document: &Document) -> BTreeSet<String> {
    let headings = document.prose.lines().filter(|line| line.starts_with('#'));
    let mut anchors = BTreeSet::new();
    for heading in headings {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let repeated = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(repeated).find(|anchor| !anchors.contains(anchor));
        anchors.extend(free);
    }
    anchors
}

/// Why a link leads nowhere, if it does.
fn problem(from: &Document, link: &str, all: &[Document]) -> Option<String> {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let folder = Path::new(&from.path).parent().unwrap_or(Path::new(""));
    let target = if path.is_empty() { from.path.clone() } else { normal(&folder.join(path)) };
    if !tidy::root().join(&target).exists() {
        return Some(format!("there is no {target}"));
    }
    let anchor = anchor?;
    let document = all.iter().find(|document| document.path == target);
    let found = document.is_some_and(|document| anchors(document).contains(anchor));
    (!found).then(|| format!("{target} has no heading #{anchor}"))
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str().unwrap_or_default().split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let all = documents();
    let mut checked = 0;
    let mut problems = Vec::new();
    for document in &all {
        for link in links(document).iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            checked += 1;
            problems.extend(problem(document, link, &all).map(|why| format!("{}: `{link}`: {why}", document.path)));
        }
    }
    assert!(checked > 20, "only {checked} links were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_dead_link_is_found() {
    let text = "# A *first* heading\n[good](#a-first-heading) [dead](#other) [gone](no/such.md) `[code](no)`\n";
    let document = Document::parse("docs/example.md".to_owned(), text);
    let all = [Document::parse("docs/example.md".to_owned(), text)];
    let problems: Vec<_> = links(&document).iter().map(|link| problem(&document, link, &all)).collect();
    let gone = [None, Some("docs/example.md has no heading #other"), Some("there is no docs/no/such.md")];
    // The example itself is no file.
    assert_eq!(problems.len(), gone.len());
    assert_eq!(problems[2].as_deref(), gone[2]);
    assert_eq!(anchors(&document), BTreeSet::from(["a-first-heading".to_owned()]));
    assert_eq!(normal(Path::new("docs/../server/./benches/README.md")), "server/benches/README.md");
}
