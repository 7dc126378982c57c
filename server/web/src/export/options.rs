//! The format of a file, apart from the list's own filters.

use jiff::civil::Date;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// `raw=1`: text as it came, for programs.
    pub raw: bool,
    /// `excel=1`: with a byte-order mark, for spreadsheets.
    pub excel: bool,
    /// `format=jsonl`: the rows of the JSON answers as JSON lines.
    pub json: bool,
}

impl FileOptions {
    /// Separates the options from the filters in a query string.
    pub fn split(query: &str) -> (Self, String) {
        let mut options = Self::default();
        let mut filters = Vec::new();
        for pair in query.split('&') {
            match pair {
                "raw=1" => options.raw = true,
                "excel=1" => options.excel = true,
                "format=jsonl" => options.json = true,
                filter => filters.push(filter),
            }
        }
        (options, filters.join("&"))
    }

    /// The file's name, made of constants and a day only.
    pub fn file_name(self, list: &str, day: Date) -> String {
        let (raw, ending) = match self {
            Self { json: true, .. } => ("", "jsonl"),
            Self { raw: true, .. } => ("-raw", "csv"),
            _ => ("", "csv"),
        };
        format!("muster-{list}-{}{raw}.{ending}", day.strftime("%Y%m%d"))
    }

    pub fn content_type(self) -> &'static str {
        match self.json {
            true => "application/jsonl; charset=utf-8",
            false => "text/csv; charset=utf-8; header=present",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_parameters_are_taken_out() {
        let (options, rest) = FileOptions::split("account=a&excel=1&raw=1&q=x");
        assert_eq!(options, FileOptions { raw: true, excel: true, json: false });
        assert_eq!(rest, "account=a&q=x");
        let (options, rest) = FileOptions::split("format=jsonl&format=xlsx");
        assert!(options.json && rest == "format=xlsx");
    }

    #[test]
    fn a_file_says_what_it_is() {
        let day = jiff::civil::date(2026, 11, 3);
        let name = |query| FileOptions::split(query).0.file_name("updates", day);
        assert_eq!(name(""), "muster-updates-20261103.csv");
        assert_eq!(name("raw=1"), "muster-updates-20261103-raw.csv");
        assert_eq!(name("format=jsonl"), "muster-updates-20261103.jsonl");
    }
}
