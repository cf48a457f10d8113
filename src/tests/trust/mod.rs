//! What must never happen, tried on the running binary: one file per promise, by the numbers of the
//! trust table. R2, R3, R4 and half of R15 are tried beneath, in `index/src/tests/trust.rs`, on a disk
//! that obeys; R7 and R13 in `src/`, under a clock that does; R19 in `messenger.rs`.
//! `CASELLA_TRUST=full` (`make trust`) runs the long form.

mod r01_kills;
mod r05_full_disk;
mod r06_sent_once;
mod r08_descriptors;
mod r09_idle;
mod r10_slow;
mod r11_bombs;
mod r12_soak;
mod r14_index;
mod r15_damage;
mod r16_stop;
mod r17_backup;
mod r18_streams;

/// How often to try: the short form, or the long one.
fn rounds(short: usize, full: usize) -> usize {
    match std::env::var_os("CASELLA_TRUST").is_some_and(|form| form == "full") {
        true => full,
        false => short,
    }
}

/// Chance that comes out the same every time (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % sides
    }
}
