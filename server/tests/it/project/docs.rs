//! The documentation, held against what it describes: links, commands, files, addresses, configuration, messages and
//! the names of tests.

mod commands;
pub mod configuration;
mod links;
mod messages;
mod test_names;

use crate::project::tidy;

/// A Markdown file of the repository.
pub struct Document {
    /// From the root of the repository.
    pub path: String,
    /// Everything outside fenced blocks, with an empty line for each line of a block.
    pub prose: String,
    pub blocks: Vec<Block>,
}

/// A fenced block.
pub struct Block {
    /// Where it is, for messages: path and line.
    pub place: String,
    /// What stands behind the opening fence: a language, and for configuration the name of the file.
    pub label: String,
    pub text: String,
}

impl Document {
    fn parse(path: String, text: &str) -> Self {
        let mut document = Self { path, prose: String::new(), blocks: Vec::new() };
        let mut open: Option<Block> = None;
        for (number, line) in (1_usize..).zip(text.lines()) {
            match (line.trim_start().strip_prefix("```"), &mut open) {
                (Some(label), None) => {
                    let place = format!("{}:{number}", document.path);
                    open = Some(Block { place, label: label.trim().to_owned(), text: String::new() });
                }
                (Some(_), Some(_)) => document.blocks.extend(open.take()),
                (None, Some(block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => document.prose.push_str(line),
            }
            document.prose.push('\n');
        }
        assert!(open.is_none(), "{} has a fenced block without an end", document.path);
        document
    }

    /// The spans of inline code.
    fn code_spans(&self) -> impl Iterator<Item = String> {
        let spans = self.prose.split('`').skip(1).step_by(2);
        spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The cells of each row of the table below this heading.
    fn table(&self, heading: &str) -> Vec<Vec<&str>> {
        let (_, section) = self.prose.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| {
            panic!("{} has no heading `{heading}`", self.path);
        });
        let rows = section.lines().take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| "));
        rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
    }
}

/// Every Markdown file of the repository.
fn documents() -> Vec<Document> {
    let files = tidy::tracked(&[".md"]);
    files.into_iter().map(|(path, text)| Document::parse(path, &text)).collect()
}

fn document(path: &str) -> Document {
    documents().into_iter().find(|document| document.path == path).unwrap_or_else(|| panic!("there is no {path}"))
}
