//! How long to wait, and how often to try again: for a run, and for what else writes to the ledger.

/// How often a connection may break without anything getting done before it is given up. What breaks it may be the
/// migration: to look at the ledger in between does not begin the count anew.
pub const MOST_LOSSES: u32 = 3;
/// How often in a row creating the ledger may fail because of others.
pub const MOST_RACES: u32 = 20;
/// SQLSTATE `too_many_connections`.
pub const TOO_MANY_CONNECTIONS: &str = "53300";

/// How long to wait after a loss, in milliseconds: a database that has to wake takes a moment, so it is longer after each
/// other one. `losses` counts from 1.
pub fn after_loss(losses: u32) -> u32 {
    100 * 4_u32.pow(losses.clamp(1, MOST_LOSSES) - 1)
}

/// How long to wait for somebody else, in milliseconds, after so many times: a little longer each time.
pub fn for_others(attempts: u32) -> u32 {
    25 << attempts.min(5)
}

/// Half of a time up to one and a half, so that no two that wait do so alike. `seed` is any number, and another one
/// afterwards.
pub fn about(seed: &mut u32, milliseconds: u32) -> u32 {
    // Numerical Recipes' linear congruential generator: enough to keep runners apart.
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    milliseconds / 2 + (*seed >> 8) % milliseconds
}
