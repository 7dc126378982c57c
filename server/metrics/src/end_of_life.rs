//! Until when vendors give free security updates for an operating system, as they publish it.
//!
//! What is not listed is never called ended. Extended support that has to be bought does not count.

use jiff::civil::{Date, date};
use std::sync::LazyLock;

/// How the name that Systems Manager gives begins, in lower case; the version, or how it begins before a dot; and the last day.
type End = (&'static str, &'static str, Date);

#[rustfmt::skip]
const ENDS: [End; 68] = [
    ("microsoft windows server", "5.2.3790", date(2015, 7, 14)),
    ("microsoft windows server", "6.0.6003", date(2020, 1, 14)),
    ("microsoft windows server", "6.1.7601", date(2020, 1, 14)),
    ("microsoft windows server", "6.2.9200", date(2023, 10, 10)),
    ("microsoft windows server", "6.3.9600", date(2023, 10, 10)),
    ("microsoft windows server", "10.0.14393", date(2027, 1, 12)),
    ("microsoft windows server", "10.0.17763", date(2029, 1, 9)),
    ("microsoft windows server", "10.0.20348", date(2031, 10, 14)),
    ("microsoft windows server", "10.0.25398", date(2026, 5, 12)),
    ("microsoft windows server", "10.0.26100", date(2034, 11, 14)),
    ("amazon linux ami", "2015", date(2023, 12, 31)),
    ("amazon linux ami", "2016", date(2023, 12, 31)),
    ("amazon linux ami", "2017", date(2023, 12, 31)),
    ("amazon linux ami", "2018", date(2023, 12, 31)),
    ("amazon linux", "2", date(2026, 6, 30)),
    ("amazon linux", "2023", date(2029, 6, 30)),
    ("red hat enterprise linux", "5", date(2017, 3, 31)),
    ("red hat enterprise linux", "6", date(2020, 11, 30)),
    ("red hat enterprise linux", "7", date(2024, 6, 30)),
    ("red hat enterprise linux", "8", date(2029, 5, 31)),
    ("red hat enterprise linux", "9", date(2032, 5, 31)),
    ("red hat enterprise linux", "10", date(2035, 5, 31)),
    ("centos stream", "8", date(2024, 5, 31)),
    ("centos stream", "9", date(2027, 5, 31)),
    ("centos stream", "10", date(2030, 5, 31)),
    ("centos linux", "5", date(2017, 3, 31)),
    ("centos linux", "6", date(2020, 11, 30)),
    ("centos linux", "7", date(2024, 6, 30)),
    ("centos linux", "8", date(2021, 12, 31)),
    ("centos", "5", date(2017, 3, 31)),
    ("centos", "6", date(2020, 11, 30)),
    ("centos", "7", date(2024, 6, 30)),
    ("oracle linux", "6", date(2021, 3, 31)),
    ("oracle linux", "7", date(2024, 12, 31)),
    ("oracle linux", "8", date(2029, 7, 31)),
    ("oracle linux", "9", date(2032, 6, 30)),
    ("almalinux", "8", date(2029, 5, 31)),
    ("almalinux", "9", date(2032, 5, 31)),
    ("almalinux", "10", date(2035, 5, 31)),
    ("rocky linux", "8", date(2029, 5, 31)),
    ("rocky linux", "9", date(2032, 5, 31)),
    ("rocky linux", "10", date(2035, 5, 31)),
    ("ubuntu", "14.04", date(2019, 4, 30)),
    ("ubuntu", "16.04", date(2021, 4, 30)),
    ("ubuntu", "18.04", date(2023, 5, 31)),
    ("ubuntu", "20.04", date(2025, 5, 31)),
    ("ubuntu", "22.04", date(2027, 4, 1)),
    ("ubuntu", "24.04", date(2029, 5, 31)),
    ("ubuntu", "24.10", date(2025, 7, 10)),
    ("ubuntu", "25.04", date(2026, 1, 17)),
    ("ubuntu", "25.10", date(2026, 7, 1)),
    ("ubuntu", "26.04", date(2031, 4, 30)),
    ("debian", "8", date(2020, 6, 30)),
    ("debian", "9", date(2022, 7, 1)),
    ("debian", "10", date(2024, 6, 30)),
    ("debian", "11", date(2026, 8, 31)),
    ("debian", "12", date(2028, 6, 30)),
    ("debian", "13", date(2030, 6, 30)),
    ("sles", "11.4", date(2019, 3, 31)),
    ("sles", "12.4", date(2020, 6, 30)),
    ("sles", "12.5", date(2024, 10, 31)),
    ("sles", "15.2", date(2021, 12, 31)),
    ("sles", "15.3", date(2022, 12, 31)),
    ("sles", "15.4", date(2023, 12, 31)),
    ("sles", "15.5", date(2024, 12, 31)),
    ("sles", "15.6", date(2025, 12, 31)),
    ("sles", "15.7", date(2031, 7, 31)),
    ("sles", "16.0", date(2027, 11, 30)),
];

/// Returns the last day of free security updates of an operating system, if it is known.
pub fn ended_on(name: &str, version: &str) -> Option<Date> {
    let name = name.to_lowercase();
    let is_of =
        |release: &str| version.strip_prefix(release).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    ENDS.iter().find(|(start, release, _)| name.starts_with(start) && is_of(release)).map(|(.., last)| *last)
}

/// The same as SQL, of the columns `platform_name` and `platform_version`.
pub(crate) static EXPRESSION: LazyLock<String> = LazyLock::new(|| {
    let cases = ENDS.iter().map(|(start, release, last)| {
        format!(
            "\n    WHEN starts_with(lower(platform_name), '{start}') AND starts_with(platform_version || '.', '{release}.') \
             THEN DATE '{last}'"
        )
    });
    format!("CASE{}\nEND", cases.collect::<String>())
});

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;

    #[test]
    fn the_first_release_that_matches_decides_in_sql_as_here() {
        let connection = Connection::open_in_memory().expect("a database");
        let sql =
            format!("SELECT ({})::VARCHAR FROM (SELECT $1 AS platform_name, $2 AS platform_version)", *EXPRESSION);
        let mut statement = connection.prepare(&sql).expect("a statement");
        let mut in_sql = |name: &str, version: &str| -> Option<Date> {
            let day: Option<String> = statement.query_row([name, version], |row| row.get(0)).expect("a day");
            day.map(|day| day.parse().expect("a day"))
        };
        for (name, version, last) in [
            ("CentOS Linux", "7.9.2009", Some(date(2024, 6, 30))),
            ("CentOS Stream", "9", Some(date(2027, 5, 31))),
            ("Amazon Linux", "2", Some(date(2026, 6, 30))),
            ("Amazon Linux", "2023", Some(date(2029, 6, 30))),
            ("Amazon Linux AMI", "2018.03", Some(date(2023, 12, 31))),
            ("Ubuntu", "20.04", Some(date(2025, 5, 31))),
            ("Debian GNU/Linux", "12", Some(date(2028, 6, 30))),
            ("SLES", "15.6", Some(date(2025, 12, 31))),
            ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600", Some(date(2023, 10, 10))),
            ("Microsoft Windows 10 Enterprise", "10.0.17763", None),
            ("Red Hat Enterprise Linux", "70", None),
            ("TempleOS", "5", None),
            ("", "", None),
        ] {
            assert_eq!((ended_on(name, version), in_sql(name, version)), (last, last), "{name} {version}");
        }
        for (start, release, _) in ENDS {
            assert_eq!(ended_on(start, release), in_sql(start, release), "{start} {release}");
        }
    }
}
