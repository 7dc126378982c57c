//! Draws a share by day as a small line without axes, for a cell of a table.

use super::{
    panel::days_between,
    svg::{UP_TO_DATE, draw, finish},
};
use jiff::civil::Date;
use plotters::{prelude::PathElement, style::Color};

const WIDTH: u32 = 120;
const HEIGHT: u32 = 28;
/// The margin, which keeps the ends of the line inside the picture.
const MARGIN: i32 = 2;

/// Draws percentages by day, from 0 to 100. Empty for less than two days.
pub fn share(days: &[(Date, f64)]) -> String {
    let (Some((first, from)), Some((last, to))) = (days.first(), days.last()) else { return String::new() };
    let length = days_between(*first, *last);
    if length < 1 {
        return String::new();
    }
    let (width, height) = (WIDTH as i32 - 2 * MARGIN, HEIGHT as i32 - 2 * MARGIN);
    let point = |(day, share): &(Date, f64)| {
        let x = MARGIN + days_between(*first, *day) * width / length;
        (x, MARGIN + height - (share / 100.0 * f64::from(height)).round() as i32)
    };
    let line: Vec<(i32, i32)> = days.iter().map(point).collect();
    let drawing = draw((WIDTH, HEIGHT), |area| area.draw(&PathElement::new(line, UP_TO_DATE.color.stroke_width(2))));
    finish(&drawing, "Instances up to date", &format!("From {from} % on {first} to {to} % on {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_line_needs_two_days() {
        let (first, last) = ((date(2025, 11, 1), 0.0), (date(2025, 11, 3), 100.0));
        assert_eq!(share(&[first]), "");
        let svg = share(&[first, last]);
        assert!(svg.contains("From 0 % on 2025-11-01 to 100 % on 2025-11-03"), "{svg}");
        assert!(svg.contains("2,26") && svg.contains("118,2"), "{svg}");
    }
}
