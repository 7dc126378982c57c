//! Figures, times and words as the pages print them: pure, the same on the server and in the browser.

mod number;
mod time;

pub use number::{count, ordinal_rows, percent, plural};
pub use time::{age, clock, date, date_input, day, duration_ms, iso, stamp, stamp_short};
