//! Formats of numbers and times: pure functions, the same on the server and in the browser.

mod number;
mod time;

pub use number::{count, percent, plural, row_range};
pub use time::{age, date, date_input, date_time, date_time_short, day, duration_ms, rfc3339, time_of_day};
