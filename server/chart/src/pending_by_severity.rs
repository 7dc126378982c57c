//! Draws pending updates as one bar for each severity band.

use super::svg::{LINE, SOFT, TEXT, draw, finish, ink_of, label};
use muster_model::{chart::Chart, severity::SeverityCount};
use plotters::{
    prelude::Rectangle,
    style::{Color, text_anchor::HPos},
};

const WIDTH: u32 = 440;
const HEIGHT: u32 = 206;
const ROW_HEIGHT: i32 = 40;
const BAR_HEIGHT: i32 = 14;
const BARS_LEFT: i32 = 86;
const BARS_RIGHT: i32 = 370;
const TITLE: &str = "Pending OS updates by severity";

pub fn chart(counts: &[SeverityCount]) -> Chart {
    let summary = summary(counts);
    let longest = counts.iter().map(|count| count.pending_os_updates).max().unwrap_or(0).max(1);
    let drawing = draw((WIDTH, HEIGHT), |area| {
        for (count, row) in counts.iter().zip(0..) {
            let middle = ROW_HEIGHT / 2 + row * ROW_HEIGHT;
            let (top, bottom) = (middle - BAR_HEIGHT / 2, middle + BAR_HEIGHT / 2);
            let share = count.pending_os_updates as f64 / longest as f64;
            let end = BARS_LEFT + (share * f64::from(BARS_RIGHT - BARS_LEFT)).round() as i32;
            area.draw(&label(count.band.label().to_owned(), (0, middle), TEXT, HPos::Left))?;
            area.draw(&Rectangle::new([(BARS_LEFT, top), (BARS_RIGHT, bottom)], LINE.color.mix(0.5).filled()))?;
            if count.pending_os_updates > 0 {
                // One update among ten thousand must still be visible.
                let end = end.max(BARS_LEFT + 2);
                area.draw(&Rectangle::new([(BARS_LEFT, top), (end, bottom)], ink_of(count.band).color.filled()))?;
            }
            area.draw(&label(count.pending_os_updates.to_string(), (BARS_RIGHT + 10, middle), SOFT, HPos::Left))?;
        }
        Ok(())
    });
    let rows = counts.iter().map(|count| {
        vec![count.band.label().to_owned(), count.pending_os_updates.to_string(), count.instances.to_string()]
    });
    Chart {
        svg: finish(&drawing, TITLE, &summary),
        summary,
        columns: ["Severity", "Pending OS updates", "Instances"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn summary(counts: &[SeverityCount]) -> String {
    let total: u64 = counts.iter().map(|count| count.pending_os_updates).sum();
    if total == 0 {
        return "No update is pending".to_owned();
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|count| format!("{} {}", count.pending_os_updates, count.band.label().to_lowercase()))
        .collect();
    format!("Of {total} pending updates: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_model::severity::SeverityBand;

    #[test]
    fn the_picture_is_the_same_every_time() {
        let counts: Vec<SeverityCount> = SeverityBand::ALL
            .into_iter()
            .zip([12, 40, 3, 0, 7])
            .map(|(band, pending_os_updates)| SeverityCount { band, pending_os_updates, instances: 2 })
            .collect();
        insta::assert_snapshot!(chart(&counts).svg);
    }

    #[test]
    fn says_if_no_update_is_pending() {
        assert!(chart(&[]).svg.contains("No update is pending"));
    }
}
