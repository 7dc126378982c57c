//! Counts compared figures and collects mismatches.

use muster_model::verification::Mismatch;
use serde::Serialize;
use serde_json::Value;

/// The most mismatches that are collected; further ones are only counted.
const KEPT_MAX: usize = 1_000;
/// The text of a missing figure.
pub const NOTHING: &str = "nothing";

#[derive(Debug, Default)]
pub struct Tally {
    pub figures: u64,
    pub mismatches: u64,
    pub first: Vec<Mismatch>,
}

impl Tally {
    /// Compares one figure.
    pub fn equal<T: PartialEq + Serialize>(&mut self, what: &str, place: &str, published: &T, recomputed: &T) {
        self.figures += 1;
        if published != recomputed {
            self.wrong(what, place, text(published), text(recomputed));
        }
    }

    /// Compares all figures of a row or of a list, each under its name in the JSON.
    pub fn fields<T: Serialize>(&mut self, what: &str, place: &str, published: &T, recomputed: &T) {
        let value = |row: &T| serde_json::to_value(row).unwrap_or_else(|error| error.to_string().into());
        self.values(what, place, &value(published), &value(recomputed));
    }

    fn values<'a>(&mut self, what: &str, place: &str, published: &'a Value, recomputed: &'a Value) {
        match (published, recomputed) {
            (Value::Object(published), Value::Object(recomputed)) => {
                for name in published.keys().chain(recomputed.keys().filter(|name| !published.contains_key(*name))) {
                    let what = if what.is_empty() { name.clone() } else { format!("{what}.{name}") };
                    let side = |row: &'a serde_json::Map<String, Value>| row.get(name).unwrap_or(&Value::Null);
                    self.values(&what, place, side(published), side(recomputed));
                }
            }
            (Value::Array(published), Value::Array(recomputed)) if published.len() == recomputed.len() => {
                for (number, (published, recomputed)) in published.iter().zip(recomputed).enumerate() {
                    self.values(&format!("{what}[{number}]"), place, published, recomputed);
                }
            }
            _ => self.equal(what, place, published, recomputed),
        }
    }

    /// Counts figures that were found to match.
    pub fn matched(&mut self, figures: u64) {
        self.figures += figures;
    }

    /// Adds a mismatch of figures that are counted elsewhere.
    pub fn wrong(&mut self, what: &str, place: &str, published: String, recomputed: String) {
        self.mismatches += 1;
        if self.first.len() < KEPT_MAX {
            self.first.push(Mismatch { what: what.to_owned(), place: place.to_owned(), published, recomputed });
        }
    }

    /// Adds a row that only one of the two lists has.
    pub fn row_of_one_side(&mut self, what: &str, place: &str, is_published: bool) {
        self.figures += 1;
        let (published, recomputed) = if is_published { ("a row", NOTHING) } else { (NOTHING, "a row") };
        self.wrong(what, place, published.to_owned(), recomputed.to_owned());
    }
}

/// Formats a figure as JSON does, without quotation marks.
fn text(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::Null) => NOTHING.to_owned(),
        Ok(Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}
