//! One cell of a CSV file, written by its column's type.
//!
//! Numbers, times, flags and codes are ours and written as they are. Text comes from machines, and a spreadsheet would
//! run what looks like a formula: such text gets a `'` in front. To undo it, drop one leading `'` when what follows
//! (after blanks) would start a formula, or another `'`.

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

    /// The cell's characters; `raw` leaves text as it came.
    pub fn render(&self, raw: bool) -> String {
        match self {
            Self::Text(text) if raw => text.clone(),
            Self::Text(text) => neutralised(text),
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

fn neutralised(text: &str) -> String {
    if starts_formula(text)
        || text.strip_prefix('\'').is_some_and(|rest| starts_formula(rest) || rest.starts_with('\''))
    {
        format!("'{text}")
    } else {
        text.to_owned()
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

    #[test]
    fn typed_cells_are_never_altered() {
        assert_eq!(Cell::Signed(Some(-1)).render(false), "-1");
        assert_eq!(Cell::Decimal(Some(93.3)).render(false), "93.3");
        assert_eq!(Cell::Time(None).render(false), "");
    }
}
