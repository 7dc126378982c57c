//! Chance without a state: the same question gets the same answer on every day, in whatever order it is asked.

/// What a draw is about, so that two draws of the same thing are independent.
#[derive(Clone, Copy)]
pub enum About {
    Account,
    Instance,
    Platform,
    Agent,
    PatchWeeks,
    LastDay,
    Failure,
    Reboot,
    Minute,
    Ping,
    Run,
    Patch,
}

/// A number of 64 bits for these.
pub fn draw(seed: u64, about: About, one: u64, other: u64) -> u64 {
    [about as u64, one, other].into_iter().fold(seed, |state, part| scramble(state ^ scramble(part)))
}

/// Whether something happens that does so in this share of all cases.
pub fn happens(percent: u64, seed: u64, about: About, one: u64, other: u64) -> bool {
    draw(seed, about, one, other) % 100 < percent
}

/// SplitMix64's step.
fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
