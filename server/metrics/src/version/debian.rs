//! The order of Debian's package versions, as deb-version(7) defines it.

use std::cmp::Ordering;

pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (Parts::of(one), Parts::of(other));
    compare_digits(one.epoch, other.epoch)
        .then_with(|| compare_part(one.upstream, other.upstream))
        .then_with(|| compare_part(one.revision, other.revision))
}

struct Parts<'a> {
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let (epoch, rest) = super::split_epoch(version.trim());
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self { epoch, upstream, revision }
    }
}

/// Compares alternating runs of other characters and of digits.
fn compare_part(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let (text, rest) = split(one, |byte| !byte.is_ascii_digit());
        let (other_text, other_rest) = split(other, |byte| !byte.is_ascii_digit());
        let ordering = compare_text(text, other_text);
        let (digits, rest) = split(rest, |byte| byte.is_ascii_digit());
        let (other_digits, other_rest) = split(other_rest, |byte| byte.is_ascii_digit());
        let ordering = ordering.then_with(|| compare_digits(digits, other_digits));
        if ordering.is_ne() {
            return ordering;
        }
        (one, other) = (rest, other_rest);
    }
    Ordering::Equal
}

fn split(text: &str, is: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !is(byte)).unwrap_or(text.len());
    text.split_at(end)
}

/// Compares numbers of any length; none is zero.
pub fn compare_digits(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// A tilde is before the end, the end before letters, letters before anything else.
fn compare_text(one: &str, other: &str) -> Ordering {
    let rank = |byte: Option<u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
        Some(byte) => i32::from(byte) + 256,
    };
    let length = one.len().max(other.len());
    let ranks = |text: &str| (0..length).map(|at| rank(text.as_bytes().get(at).copied())).collect::<Vec<_>>();
    ranks(one).cmp(&ranks(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cmp::Ordering, process::Command};

    /// Compares with dpkg where it is installed, as on every Debian.
    fn dpkg(one: &str, relation: &str, other: &str) -> Option<bool> {
        let run = Command::new("dpkg").args(["--compare-versions", "--", one, relation, other]).output();
        // Some versions do not take `--`.
        let run = match run {
            Ok(output) if output.status.code() == Some(2) => {
                Command::new("dpkg").args(["--compare-versions", one, relation, other]).output()
            }
            run => run,
        };
        Some(run.ok()?.status.success())
    }

    #[test]
    fn orders_versions_as_deb_version_defines() {
        let ascending = [
            "~~",
            "~~a",
            "~",
            "0",
            "0a",
            "1.0~rc1-1",
            "1.0-1",
            "1.0-1+b1",
            "1.0-1.1",
            "1.0-2",
            "1.0-10",
            "1.0a-1",
            "1.0+dfsg-1",
            "1.1-1",
            "1.10-1",
            "1:0.1-1",
            "10:0",
        ];
        for pair in ascending.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare("1.0-0", "1.0"), Ordering::Equal);
        assert_eq!(compare("0:01.0-1", "1.0-1"), Ordering::Equal);
    }

    #[test]
    fn agrees_with_dpkg() {
        // A small generator with a fixed seed: the next number of a linear congruence.
        let mut state = 20_261_130_u64;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).expect("small") % limit
        };
        let pieces = ["0", "1", "9", "10", "09", ".", "+", "~", "a", "B", "z", "-", "deb12u", "ubuntu", "rc"];
        let mut version = || {
            let mut text = ["", "", "1:", "0:"][below(4)].to_owned() + ["0", "1", "2", "10"][below(4)];
            (0..below(6)).for_each(|_| text.push_str(pieces[below(pieces.len())]));
            // What dpkg warns of: an empty revision.
            text.trim_end_matches('-').to_owned()
        };
        let rounds = std::env::var("MUSTER_DPKG_VERSIONS").map_or(300, |rounds| rounds.parse().expect("a number"));
        for _ in 0..rounds {
            let (one, other) = (version(), version());
            let Some(is_less) = dpkg(&one, "lt", &other) else { return };
            assert_eq!(compare(&one, &other) == Ordering::Less, is_less, "{one} lt {other}");
            let is_equal = dpkg(&one, "eq", &other).expect("dpkg");
            assert_eq!(compare(&one, &other) == Ordering::Equal, is_equal, "{one} eq {other}");
        }
    }
}
