//! Converts plotters' SVG into one for pages: themed, scalable, and with a text alternative.

use muster_model::severity::SeverityBand;
use plotters::{
    coord::Shift,
    element::Text,
    prelude::{DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea, SVGBackend},
    style::{
        Color, IntoFont, RGBColor, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

/// A colour of the page. plotters only knows numbers, which are replaced by CSS variables at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    pub color: RGBColor,
    variable: &'static str,
}

const fn ink(number: u8, variable: &'static str) -> Ink {
    Ink { color: RGBColor(1, 2, number), variable }
}

pub const PENDING: Ink = ink(1, "--color-pending");
pub const UP_TO_DATE: Ink = ink(2, "--color-up-to-date");
const CRITICAL: Ink = ink(3, "--color-critical");
const IMPORTANT: Ink = ink(4, "--color-important");
const MODERATE: Ink = ink(5, "--color-moderate");
const LOW: Ink = ink(6, "--color-low");
const UNRATED: Ink = ink(7, "--color-unrated");
pub const TEXT: Ink = ink(8, "--color-text");
pub const SOFT: Ink = ink(9, "--color-text-muted");
pub const LINE: Ink = ink(10, "--color-border");

const ALL: [Ink; 10] = [PENDING, UP_TO_DATE, CRITICAL, IMPORTANT, MODERATE, LOW, UNRATED, TEXT, SOFT, LINE];

/// Returns the colour of a severity band.
pub fn ink_of(band: SeverityBand) -> Ink {
    match band {
        SeverityBand::Critical => CRITICAL,
        SeverityBand::Important => IMPORTANT,
        SeverityBand::Moderate => MODERATE,
        SeverityBand::Low => LOW,
        SeverityBand::Unrated => UNRATED,
    }
}

/// The font of the page.
const FONT: &str = "inherit";
const FONT_SIZE: i32 = 14;

/// A whole drawing, in pixels.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// The result of drawing; in memory, it never fails.
pub type Drawn = Result<(), DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>>;

/// Draws into memory. A failure would be a bug and leaves the chart empty; its table still has the figures.
pub fn draw(size: (u32, u32), paint: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        if let Err(error) = paint(&area).and_then(|()| area.present()) {
            tracing::error!("cannot draw a chart: {error}");
        }
    }
    svg
}

/// Returns a vertically centred label.
pub fn label(text: String, at: (i32, i32), ink: Ink, side: HPos) -> Text<'static, (i32, i32), String> {
    let style = TextStyle {
        font: (FONT, FONT_SIZE).into_font(),
        color: ink.color.to_backend_color(),
        pos: Pos::new(side, VPos::Center),
    };
    Text::new(text, at, style)
}

/// Finishes a drawing: replaces colours by CSS variables, leaves the size to the page, and adds title and description.
pub fn finish(drawing: &str, title: &str, description: &str) -> String {
    let mut svg = drawing.to_owned();
    for ink in ALL {
        let RGBColor(red, green, blue) = ink.color;
        svg = svg.replace(&format!("#{red:02X}{green:02X}{blue:02X}"), &format!("var({})", ink.variable));
    }
    let Some(open) = svg.find("<svg") else { return svg };
    let Some(close) = svg[open..].find('>').map(|end| open + end) else { return svg };
    let view_box = attribute(&svg[open..close], "viewBox").unwrap_or_default().to_owned();
    let body = &svg[close + 1..];
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{view_box}\" role=\"img\" aria-label=\"{}. {}\">{}",
        escape(title),
        escape(description),
        body.trim_start()
    )
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let end = tag[start..].find('"')? + start;
    Some(&tag[start..end])
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
