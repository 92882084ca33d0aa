// SPDX-License-Identifier: MIT
//! Text into a buffer of the application's, without formatting machinery: that would be kilobytes, and could panic.

/// A line that grows until its buffer is full; one byte is kept for the zero at its end.
pub struct Text {
    to: *mut u8,
    room: usize,
    used: usize,
}

impl Text {
    /// # Safety
    /// `to` has room for `bytes`, which is not zero, and nobody else uses it meanwhile.
    pub unsafe fn new(to: *mut u8, bytes: usize) -> Text {
        Text { to, room: bytes - 1, used: 0 }
    }

    /// Appends what fits.
    pub fn put(&mut self, bytes: &[u8]) -> &mut Text {
        for byte in bytes.iter().take(self.room - self.used) {
            // SAFETY: `used` is below the room that `new` was promised.
            unsafe { self.to.add(self.used).write(*byte) };
            self.used += 1;
        }
        self
    }

    /// Appends a string of C, by hand: `strlen` is not promised by every firmware.
    ///
    /// # Safety
    /// The string ends with a zero.
    pub unsafe fn string(&mut self, mut from: *const u8) {
        // SAFETY: the caller's; behind a byte that is not the zero there is another one.
        unsafe {
            while self.used < self.room && from.read() != 0 {
                self.put(&[from.read()]);
                from = from.add(1);
            }
        }
    }

    /// Appends `0x` and the digits that the number needs, at least eight.
    pub fn address(&mut self, number: usize) -> &mut Text {
        self.put(b"0x");
        let mut shift = if number > 0xFFFF_FFFF { usize::BITS } else { 32 };
        while shift > 0 {
            shift -= 4;
            let digit = (number >> shift) as u8 & 0xF;
            self.put(&[if digit < 10 { b'0' + digit } else { b'A' - 10 + digit }]);
        }
        self
    }

    /// Appends the number of a kind, which is below 20: a division would need the compiler's run-time library on
    /// CPUs without such an instruction.
    pub fn kind(&mut self, number: u32) -> &mut Text {
        if number >= 20 {
            return self.put(b"?");
        }
        if number >= 10 {
            self.put(b"1");
        }
        let digit = if number >= 10 { number - 10 } else { number };
        self.put(&[b'0' + digit as u8])
    }

    /// Ends the text with a zero; returns its length.
    pub fn end(&mut self) -> usize {
        // SAFETY: one byte more than the room was promised.
        unsafe { self.to.add(self.used).write(0) };
        self.used
    }
}
