//! One cell of a CSV file, written by its column's type.
//!
//! Numbers, times, flags and codes are written as they are. Text comes from machines, and a spreadsheet would run what
//! looks like a formula: such text gets a `'` in front. To undo it, drop one leading `'` when what follows (after blanks)
//! would start a formula, or another `'`. Control characters other than tabs and line feeds are left out: parsers disagree
//! about them.

use muster_model::column::Value;
use std::borrow::Cow;

/// Whether the value has characters that are not written.
pub fn is_stripped(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(text) if text.contains(is_control))
}

/// The value as a cell; `raw` leaves text that looks like a formula as it is.
pub fn render<'a>(value: &'a Value<'_>, raw: bool) -> Cow<'a, str> {
    match value {
        Value::Text(text) if raw => stripped(text),
        Value::Text(text) => neutralised(stripped(text)),
        value => value.text(),
    }
}

/// C0 without tabs and line feeds, and DEL.
fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f') && !matches!(c, '\t' | '\n')
}

fn stripped(text: &str) -> Cow<'_, str> {
    if text.contains(is_control) { text.replace(is_control, "").into() } else { text.into() }
}

fn neutralised(text: Cow<'_, str>) -> Cow<'_, str> {
    let quoted = text.strip_prefix('\'').is_some_and(|rest| starts_formula(rest) || rest.starts_with('\''));
    if quoted || starts_formula(&text) { format!("'{text}").into() } else { text }
}

/// Whether a spreadsheet would take it for a formula, by its first visible character.
fn starts_formula(text: &str) -> bool {
    let invisible =
        |c: char| c == ' ' || c == '\u{a0}' || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}');
    let first = text.trim_start_matches(invisible).chars().next();
    first.is_some_and(|c| "=+-@|%\t\r\n＝＋－＠".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str, raw: bool) -> String {
        render(&Value::Text(text.into()), raw).into_owned()
    }

    /// What the documentation tells a reader to do.
    fn undone(cell: &str) -> &str {
        match cell.strip_prefix('\'') {
            Some(rest) if starts_formula(rest) || rest.starts_with('\'') => rest,
            _ => cell,
        }
    }

    #[test]
    fn neutralises_formulas_and_nothing_else() {
        for text in ["=1+1", "+1", "-001", "@SUM(A1)", "\t=1", " =1", "\u{feff}=1", "＝1", "|cmd", "%0A"] {
            assert_eq!(rendered(text, false), format!("'{text}"), "{text:?}");
            assert_eq!(rendered(text, true), text);
        }
        for text in ["web-01", "a=b", "", "'quoted'", "3.0.7-28.el9_4", "O'Brien"] {
            assert_eq!(rendered(text, false), text);
        }
    }

    #[test]
    fn can_be_undone() {
        for text in ["=1", "'=1", "''=1", "'", "''", "'a", "a", " =", "'+", "-", "'''x", "' ='"] {
            let cell = rendered(text, false);
            assert_eq!(undone(&cell), text, "{cell:?}");
            assert!(!starts_formula(&cell), "{cell:?}");
        }
    }

    /// Random texts of dangerous parts, through a real file and back.
    #[test]
    fn neutralises_random_text_in_a_file_so_that_it_can_be_undone() {
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
            let cell = rendered(&text, false);
            assert_eq!(undone(&cell), kept, "{text:?}");
            assert!(!starts_formula(&cell), "{text:?} became {cell:?}");
            assert_eq!(rendered(&text, true), kept);
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
    fn leaves_typed_cells_alone() {
        assert_eq!(render(&Value::Integer(-1), false), "-1");
        assert_eq!(render(&Value::Decimal(93.3), false), "93.3");
        assert_eq!(render(&Value::Code("-"), false), "-");
        assert_eq!(render(&Value::None, false), "");
    }
}
