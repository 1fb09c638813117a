//! Python's random numbers: the same seed gives the same choice as in Ansible.
//!
//! MT19937 by Matsumoto and Nishimura, seeded as `CPython`'s `random.seed` (version 2) does.

use sha2::{Digest, Sha512};

use crate::template::python;
use crate::value::Value;

const SIZE: usize = 624;

/// The generator.
pub(super) struct Twister {
    state: [u32; SIZE],
    at: usize,
}

impl Twister {
    /// Seeded by a number or a text.
    pub(super) fn seeded(seed: &Value) -> Self {
        let key: Vec<u32> = match seed {
            Value::Int(number) => {
                let number = number.unsigned_abs();
                let low = u32::try_from(number & 0xffff_ffff).unwrap_or(0);
                let high = u32::try_from(number >> 32).unwrap_or(0);
                if high == 0 { vec![low] } else { vec![low, high] }
            }
            other => {
                let mut bytes = python::text(other).into_bytes();
                let hash = Sha512::digest(&bytes);
                bytes.extend_from_slice(&hash);
                bytes.reverse();
                let words = bytes.chunks(4).map(|chunk| {
                    chunk.iter().rev().fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
                });
                let mut words: Vec<u32> = words.collect();
                while words.len() > 1 && words.last() == Some(&0) {
                    words.pop();
                }
                words
            }
        };
        Self::by_array(&key)
    }

    fn plain(seed: u32) -> Self {
        let mut state = [0_u32; SIZE];
        state[0] = seed;
        for index in 1..SIZE {
            let last = state[index - 1];
            let next = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30));
            state[index] = next.wrapping_add(u32::try_from(index).unwrap_or(0));
        }
        Self { state, at: SIZE }
    }

    fn by_array(key: &[u32]) -> Self {
        let mut made = Self::plain(19_650_218);
        let state = &mut made.state;
        let (mut i, mut j) = (1, 0);
        let number = |j: usize| u32::try_from(j).unwrap_or(0);
        for _ in 0..SIZE.max(key.len()) {
            let last = state[i - 1];
            let mixed = state[i] ^ (last ^ (last >> 30)).wrapping_mul(1_664_525);
            state[i] = mixed.wrapping_add(key[j]).wrapping_add(number(j));
            i += 1;
            j = (j + 1) % key.len();
            if i >= SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        for _ in 0..SIZE - 1 {
            let last = state[i - 1];
            let mixed = state[i] ^ (last ^ (last >> 30)).wrapping_mul(1_566_083_941);
            state[i] = mixed.wrapping_sub(number(i));
            i += 1;
            if i >= SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        made
    }

    fn refill(&mut self) {
        for index in 0..SIZE {
            let mixed =
                (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % SIZE] & 0x7fff_ffff);
            let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[index] = self.state[(index + 397) % SIZE] ^ (mixed >> 1) ^ odd;
        }
        self.at = 0;
    }

    fn word(&mut self) -> u32 {
        if self.at >= SIZE {
            self.refill();
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn bits(&mut self, count: u32) -> u64 {
        if count <= 32 {
            return u64::from(self.word() >> (32 - count.max(1)));
        }
        let low = u64::from(self.word());
        let high = u64::from(self.word() >> (64 - count));
        high << 32 | low
    }

    /// A number below `limit`, which is at least 1.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        let bits = 64 - limit.leading_zeros();
        loop {
            let number = self.bits(bits);
            if number < limit {
                return number;
            }
        }
    }
}
