// SPDX-License-Identifier: MIT
//! The bytes of a stream, and the numbers and texts in them.

pub struct Bytes<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    pub fn new(stream: &'a [u8]) -> Self {
        Bytes { stream, at: 0 }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.at == self.stream.len()
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.stream.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// Seven bits to a byte, the lowest first; the top bit says that more follow. Bits beyond 64 are dropped.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
    }

    /// A difference in either direction: the lowest bit is the sign.
    pub fn difference(&mut self) -> Option<u64> {
        let number = self.number()?;
        Some((number >> 1) ^ 0u64.wrapping_sub(number & 1))
    }

    /// Up to a zero.
    pub fn text(&mut self) -> Option<String> {
        let rest = self.stream.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        self.at += length + 1;
        Some(String::from_utf8_lossy(&rest[..length]).into_owned())
    }
}
