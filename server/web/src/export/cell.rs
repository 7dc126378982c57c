//! One cell of a CSV file, written by its column's type.
//!
//! Numbers, times, flags and codes are ours and written as they are. Text comes from machines, and a spreadsheet would
//! run what looks like a formula: such text gets a `'` in front. To undo it, drop one leading `'` when what follows
//! (after blanks) would start a formula, or another `'`. Controls other than tabs and line feeds go: no parser agrees with
//! another on them.

use jiff::{Timestamp, civil::Date};

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Anything that anybody outside this program wrote.
    Text(String),
    /// A word of ours.
    Code(&'static str),
    Number(u64),
    /// A number where it is known.
    Known(Option<u64>),
    Signed(Option<i64>),
    Decimal(Option<f64>),
    Flag(bool),
    Time(Option<Timestamp>),
    Day(Option<Date>),
}

impl Cell {
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub fn time(moment: Timestamp) -> Self {
        Self::Time(Some(moment))
    }

    /// Whether its text has characters that are not written.
    pub fn is_stripped(&self) -> bool {
        matches!(self, Self::Text(text) if text.contains(is_stripped))
    }

    /// The cell's characters; `raw` leaves text as it came.
    pub fn render(&self, raw: bool) -> String {
        match self {
            Self::Text(text) if raw => stripped(text),
            Self::Text(text) => neutralised(stripped(text)),
            Self::Code(code) => (*code).to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Known(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Self::Signed(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Self::Decimal(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Self::Flag(flag) => flag.to_string(),
            Self::Time(moment) => moment.map(|moment| moment.to_string()).unwrap_or_default(),
            Self::Day(day) => day.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

/// C0 without tabs and line feeds, and DEL.
fn is_stripped(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f') && !matches!(c, '\t' | '\n')
}

fn stripped(text: &str) -> String {
    text.replace(is_stripped, "")
}

fn neutralised(text: String) -> String {
    if starts_formula(&text)
        || text.strip_prefix('\'').is_some_and(|rest| starts_formula(rest) || rest.starts_with('\''))
    {
        format!("'{text}")
    } else {
        text
    }
}

/// Whether a spreadsheet would take it for a formula: by its first character after blanks and the invisible.
fn starts_formula(text: &str) -> bool {
    let invisible =
        |c: char| c == ' ' || c == '\u{a0}' || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}');
    let first = text.trim_start_matches(invisible).chars().next();
    first.is_some_and(|c| "=+-@|%\t\r\n＝＋－＠".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation tells a reader to do.
    fn undone(cell: &str) -> &str {
        match cell.strip_prefix('\'') {
            Some(rest) if starts_formula(rest) || rest.starts_with('\'') => rest,
            _ => cell,
        }
    }

    #[test]
    fn formulas_are_neutralised_and_nothing_else() {
        for text in ["=1+1", "+1", "-001", "@SUM(A1)", "\t=1", " =1", "\u{feff}=1", "＝1", "|cmd", "%0A"] {
            assert_eq!(Cell::text(text).render(false), format!("'{text}"), "{text:?}");
            assert_eq!(Cell::text(text).render(true), text);
        }
        for text in ["web-01", "a=b", "", "'quoted'", "3.0.7-28.el9_4", "O'Brien"] {
            assert_eq!(Cell::text(text).render(false), text);
        }
    }

    #[test]
    fn every_text_can_be_had_back() {
        for text in ["=1", "'=1", "''=1", "'", "''", "'a", "a", " =", "'+", "-", "'''x", "' ='"] {
            let cell = Cell::text(text).render(false);
            assert_eq!(undone(&cell), text, "{cell:?}");
            assert!(!starts_formula(&cell), "{cell:?}");
        }
    }

    /// Texts put together at random from what could go wrong, through a real file and back.
    #[test]
    fn whatever_a_machine_writes_is_harmless_in_the_file_and_can_be_had_back() {
        const PARTS: [&str; 30] = [
            "=",
            "+",
            "-",
            "@",
            "|",
            "%",
            "\t",
            "\n",
            "\r",
            "\0",
            "\x1b",
            "'",
            "''",
            "\"",
            "\"\"",
            ",",
            ";",
            " ",
            "\u{a0}",
            "\u{feff}",
            "\u{200b}",
            "＝",
            "＋",
            "－",
            "＠",
            "cmd|'/c calc'!A1",
            "=HYPERLINK(\"http://evil.test\")",
            "web-01",
            "é",
            "\u{202e}",
        ];
        let mut random = fastrand::Rng::with_seed(17);
        for _ in 0..20_000 {
            let text: String = (0..random.usize(0..6)).map(|_| PARTS[random.usize(..PARTS.len())]).collect();
            let kept = stripped(&text);
            let cell = Cell::text(&text).render(false);
            assert_eq!(undone(&cell), kept, "{text:?}");
            assert!(!starts_formula(&cell), "{text:?} became {cell:?}");
            assert_eq!(Cell::text(&text).render(true), kept);
            let mut file = Vec::new();
            let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut file);
            // A header first, as in every file: at its very beginning a reader takes a byte-order mark away.
            writer.write_record(["text", "last"]).expect("written");
            writer.write_record([&cell, "end"]).and_then(|()| Ok(writer.flush()?)).expect("written");
            drop(writer);
            let mut reader = csv::Reader::from_reader(file.as_slice());
            let record = reader.records().next().expect("a record").expect("a good one");
            assert_eq!((&record[0], &record[1], record.len()), (cell.as_str(), "end", 2), "{text:?}");
        }
    }

    #[test]
    fn typed_cells_are_never_altered() {
        assert_eq!(Cell::Signed(Some(-1)).render(false), "-1");
        assert_eq!(Cell::Decimal(Some(93.3)).render(false), "93.3");
        assert_eq!(Cell::Time(None).render(false), "");
    }
}
