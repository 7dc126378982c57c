//! Random numbers without state: a number depends only on its arguments, not on the order of calls.

/// What a random number is used for, so that numbers of one instance for two purposes are independent.
#[derive(Clone, Copy)]
pub enum Purpose {
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

/// A random number for these arguments.
pub fn random_u64(seed: u64, purpose: Purpose, one: u64, other: u64) -> u64 {
    [purpose as u64, one, other].into_iter().fold(seed, |state, part| scramble(state ^ scramble(part)))
}

/// True with this probability.
pub fn random_bool(percent: u64, seed: u64, purpose: Purpose, one: u64, other: u64) -> bool {
    random_u64(seed, purpose, one, other) % 100 < percent
}

/// SplitMix64's step.
fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
