//! Counts compared figures and collects mismatches.

use muster_model::verification::Mismatch;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The most mismatches that are collected; further ones are only counted.
const KEPT_MAX: usize = 1_000;
/// The text of a missing figure.
const NOTHING: &str = "nothing";

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

    /// Compares the figures of a row or of a list that were recomputed, each under its name in the JSON. What the
    /// published row only copies need not be among them.
    pub fn fields(&mut self, what: &str, place: &str, published: &impl Serialize, recomputed: &impl Serialize) {
        let value = |row: Result<Value, serde_json::Error>| row.unwrap_or_else(|error| error.to_string().into());
        let (published, recomputed) = (serde_json::to_value(published), serde_json::to_value(recomputed));
        self.values(what, place, &value(published), &value(recomputed));
    }

    fn values(&mut self, what: &str, place: &str, published: &Value, recomputed: &Value) {
        match (published, recomputed) {
            (Value::Object(published), Value::Object(recomputed)) => {
                for (name, recomputed) in recomputed {
                    let what = if what.is_empty() { name.clone() } else { format!("{what}.{name}") };
                    self.values(&what, place, published.get(name).unwrap_or(&Value::Null), recomputed);
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

    /// Compares which rows a list has. `place` describes a row by its key.
    pub fn rows<K: Ord>(
        &mut self,
        list: &str,
        published: &BTreeSet<K>,
        recomputed: &BTreeSet<K>,
        place: impl Fn(&K) -> String,
    ) {
        self.figures += published.intersection(recomputed).count() as u64;
        for key in published.symmetric_difference(recomputed) {
            self.row_of_one_side(list, &place(key), published.contains(key));
        }
    }

    fn wrong(&mut self, what: &str, place: &str, published: String, recomputed: String) {
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
