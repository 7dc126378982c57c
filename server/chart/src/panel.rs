//! Draws a line of one figure by day, starting from zero. Days without the figure are gaps.

use super::svg::{Area, Drawn, Ink, LINE, SOFT, label};
use jiff::civil::{Date, Weekday};
use plotters::{
    prelude::{Circle, PathElement, Polygon},
    style::{Color, text_anchor::HPos},
};

pub const WIDTH: u32 = 760;
const LEFT: i32 = 2;
const RIGHT: i32 = 708;
/// The longest axis on which Patch Tuesdays are far enough apart to be drawn, in days.
const PATCH_TUESDAYS_DAYS_MAX: i32 = 800;

pub struct Panel {
    pub label: &'static str,
    pub ink: Ink,
    pub top: i32,
    pub bottom: i32,
    /// The least value that the axis reaches up to.
    pub ceiling: u64,
    /// The figures in the order of the days.
    pub figures: Vec<(Date, f64)>,
}

/// The first and the last day of the axis.
pub type Axis = (Date, Date);

impl Panel {
    pub fn draw(&self, area: &Area<'_>, axis: Axis) -> Drawn {
        let greatest = self.figures.iter().map(|(_, figure)| *figure).fold(0.0, f64::max);
        let ceiling = nice_ceiling(greatest.ceil() as u64).max(self.ceiling);
        let y = |figure: f64| self.bottom - scaled(figure, ceiling as f64, self.bottom - self.top);
        area.draw(&label(self.label.to_owned(), (LEFT, self.top - 14), SOFT, HPos::Left))?;
        for value in [0, ceiling / 2, ceiling] {
            let y = y(value as f64);
            area.draw(&PathElement::new(vec![(LEFT, y), (RIGHT, y)], LINE.color))?;
            area.draw(&label(value.to_string(), (RIGHT + 8, y), SOFT, HPos::Left))?;
        }
        for day in patch_tuesdays(axis) {
            area.draw(&PathElement::new(
                vec![(x(axis, day), self.top), (x(axis, day), self.bottom)],
                SOFT.color.mix(0.3),
            ))?;
        }
        for part in self.figures.chunk_by(|(one, _), (next, _)| days_between(*one, *next) == 1) {
            let line: Vec<(i32, i32)> = part.iter().map(|(day, figure)| (x(axis, *day), y(*figure))).collect();
            let (Some(first), Some(last)) = (line.first().copied(), line.last().copied()) else { continue };
            let mut outline = line.clone();
            outline.extend([(last.0, self.bottom), (first.0, self.bottom)]);
            area.draw(&Polygon::new(outline, self.ink.color.mix(0.14)))?;
            match line.len() {
                1 => area.draw(&Circle::new(first, 2, self.ink.color.filled()))?,
                _ => area.draw(&PathElement::new(line, self.ink.color.stroke_width(2)))?,
            }
        }
        Ok(())
    }
}

/// Writes the first and the last day below a chart of this height.
pub fn draw_ends(area: &Area<'_>, height: i32, (first, last): Axis) -> Drawn {
    let text = |day: Date| if first.year() == last.year() { short(day) } else { long(day) };
    area.draw(&label(text(first), (LEFT, height - 11), SOFT, HPos::Left))?;
    area.draw(&label(text(last), (RIGHT, height - 11), SOFT, HPos::Right))
}

/// Returns the number of days from one day to another.
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

fn x((first, last): Axis, day: Date) -> i32 {
    let days = days_between(first, last).max(1);
    LEFT + scaled(f64::from(days_between(first, day)), f64::from(days), RIGHT - LEFT)
}

fn scaled(part: f64, whole: f64, length: i32) -> i32 {
    (part / whole.max(1.0) * f64::from(length)).round() as i32
}

/// Returns the next round number with a whole half.
fn nice_ceiling(figure: u64) -> u64 {
    let mut step = 2;
    loop {
        if let Some(nice) = (1..=5).map(|times| times * step).find(|nice| figure <= *nice) {
            return nice;
        }
        step *= 10;
    }
}

/// Iterates over the second Tuesdays of the months, on which Microsoft releases updates.
fn patch_tuesdays((first, last): Axis) -> impl Iterator<Item = Date> {
    let some = days_between(first, last) <= PATCH_TUESDAYS_DAYS_MAX;
    let days = first.series(jiff::Span::new().days(1)).take_while(move |day| some && *day <= last);
    days.filter(|day| day.weekday() == Weekday::Tuesday && (8..=14).contains(&day.day()))
}

/// Formats a day as `23 Nov`.
pub fn short(day: Date) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!("{} {}", day.day(), MONTHS[usize::from(day.month().unsigned_abs()) - 1])
}

/// Formats a day as `23 Nov 2025`.
pub fn long(day: Date) -> String {
    format!("{} {}", short(day), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn ceilings_are_round_and_even() {
        assert_eq!([0, 3, 21, 170, 999].map(nice_ceiling), [2, 4, 40, 200, 1_000]);
    }

    #[test]
    fn patch_tuesday_is_the_second_one() {
        let days = |from, to| patch_tuesdays((from, to)).collect::<Vec<_>>();
        assert_eq!(days(date(2025, 11, 1), date(2025, 12, 31)), [date(2025, 11, 11), date(2025, 12, 9)]);
        assert_eq!(days(date(1, 1, 1), date(2025, 12, 31)), [], "too many to be drawn");
    }
}
