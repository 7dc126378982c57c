//! Pending OS updates and machines up to date, day by day, one above the other on the same days.

use super::svg::{Ink, LINE, PENDING, SOFT, UP_TO_DATE, draw, finish, label};
use app::model::{chart::Chart, trend::TrendDay};
use jiff::civil::{Date, Weekday};
use plotters::{
    prelude::{PathElement, Polygon},
    style::{Color, text_anchor::HPos},
};

const WIDTH: u32 = 760;
const HEIGHT: u32 = 330;
const LEFT: i32 = 2;
const RIGHT: i32 = 708;
const TITLE: &str = "Pending OS updates and machines up to date, by day";

/// One figure over the days, drawn from zero between two heights.
struct Panel {
    label: &'static str,
    ink: Ink,
    top: i32,
    bottom: i32,
    figures: Vec<u64>,
}

pub fn chart(days: &[TrendDay]) -> Chart {
    let summary = summary(days);
    let panels = [
        Panel {
            label: "Pending OS updates",
            ink: PENDING,
            top: 28,
            bottom: 186,
            figures: days.iter().map(|day| day.pending_os_updates).collect(),
        },
        Panel {
            label: "Machines up to date",
            ink: UP_TO_DATE,
            top: 228,
            bottom: 302,
            figures: days.iter().map(|day| day.up_to_date).collect(),
        },
    ];
    let drawing = draw((WIDTH, HEIGHT), |area| {
        for panel in &panels {
            panel.draw(area, days)?;
        }
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            area.draw(&label(short(first.day), (LEFT, 319), SOFT, HPos::Left))?;
            area.draw(&label(short(last.day), (RIGHT, 319), SOFT, HPos::Right))?;
        }
        Ok(())
    });
    let rows = days.iter().rev().map(|day| {
        vec![
            day.day.to_string(),
            day.pending_os_updates.to_string(),
            day.up_to_date.to_string(),
            day.instances.to_string(),
        ]
    });
    Chart {
        svg: finish(&drawing, TITLE, &summary),
        summary,
        columns: ["Day", "Pending OS updates", "Up to date", "Instances"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

impl Panel {
    fn draw(&self, area: &super::svg::Area<'_>, days: &[TrendDay]) -> super::svg::Drawn {
        let ceiling = nice_ceiling(self.figures.iter().copied().max().unwrap_or(0));
        let steps = self.figures.len().saturating_sub(1).max(1);
        let x = |step: usize| LEFT + scaled(step as u64, steps as u64, RIGHT - LEFT);
        let y = |figure: u64| self.bottom - scaled(figure, ceiling, self.bottom - self.top);
        area.draw(&label(self.label.to_owned(), (LEFT, self.top - 14), SOFT, HPos::Left))?;
        for value in [0, ceiling / 2, ceiling] {
            area.draw(&PathElement::new(vec![(LEFT, y(value)), (RIGHT, y(value))], LINE.color))?;
            area.draw(&label(value.to_string(), (RIGHT + 8, y(value)), SOFT, HPos::Left))?;
        }
        for step in (0..days.len()).filter(|step| is_patch_tuesday(days[*step].day)) {
            area.draw(&PathElement::new(vec![(x(step), self.top), (x(step), self.bottom)], SOFT.color.mix(0.3)))?;
        }
        let line: Vec<(i32, i32)> =
            self.figures.iter().enumerate().map(|(step, figure)| (x(step), y(*figure))).collect();
        if let (Some(first), Some(last)) = (line.first(), line.last()) {
            let mut outline = line.clone();
            outline.extend([(last.0, self.bottom), (first.0, self.bottom)]);
            area.draw(&Polygon::new(outline, self.ink.color.mix(0.14)))?;
            area.draw(&PathElement::new(line, self.ink.color.stroke_width(2)))?;
        }
        Ok(())
    }
}

fn scaled(part: u64, whole: u64, length: i32) -> i32 {
    (part as f64 / whole.max(1) as f64 * f64::from(length)).round() as i32
}

/// The next round number, even so that its half is whole too.
fn nice_ceiling(figure: u64) -> u64 {
    let mut step = 2;
    loop {
        if let Some(nice) = (1..=5).map(|times| times * step).find(|nice| figure <= *nice) {
            return nice;
        }
        step *= 10;
    }
}

/// The second Tuesday of a month, when Microsoft publishes.
fn is_patch_tuesday(day: Date) -> bool {
    day.weekday() == Weekday::Tuesday && (8..=14).contains(&day.day())
}

fn short(day: Date) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!("{} {}", day.day(), MONTHS[usize::from(day.month().unsigned_abs()) - 1])
}

fn summary(days: &[TrendDay]) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return "No day has been recorded yet".to_owned();
    };
    format!(
        "From {} to {}: pending OS updates went from {} to {}, machines up to date from {} of {} to {} of {}. \
         Vertical lines are Patch Tuesdays",
        short(first.day),
        short(last.day),
        first.pending_os_updates,
        last.pending_os_updates,
        first.up_to_date,
        first.instances,
        last.up_to_date,
        last.instances
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn days() -> Vec<TrendDay> {
        (1..=14)
            .map(|day| TrendDay {
                day: date(2025, 11, day),
                pending_os_updates: 40 + 10 * u64::from(day.unsigned_abs()),
                instances: 20,
                up_to_date: 15,
            })
            .collect()
    }

    #[test]
    fn the_picture_is_the_same_every_time() {
        insta::assert_snapshot!(chart(&days()).svg);
    }

    #[test]
    fn no_days_make_an_empty_picture_that_says_so() {
        let chart = chart(&[]);
        assert!(chart.svg.contains("No day has been recorded yet"));
        assert!(chart.rows.is_empty());
    }

    #[test]
    fn ceilings_are_round_and_even() {
        assert_eq!([0, 3, 21, 170, 999].map(nice_ceiling), [2, 4, 40, 200, 1_000]);
    }

    #[test]
    fn patch_tuesday_is_the_second_one() {
        assert!(is_patch_tuesday(date(2025, 11, 11)));
        assert!(!is_patch_tuesday(date(2025, 11, 4)));
        assert!(!is_patch_tuesday(date(2025, 11, 18)));
    }
}
