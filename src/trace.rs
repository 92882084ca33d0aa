// SPDX-License-Identifier: MIT
//! The trace: every event of the heap as a few bytes in a ring, from which a writer takes them.
//!
//! Relies on `region` (the ring) and `units`. It knows no heap, no clock and no task: the caller says what happened, under
//! the heap's lock. docs/TRACE_FORMAT.md is the format, `tools/trace` reads it.
//!
//! Numbers are differences to the event before, seven bits to a byte. An event is written whole or not at all: one that
//! finds no room is counted, and the next that finds some says first how many were lost. What is lost changes
//! nothing that later differences refer to.
#![forbid(unsafe_code)]

use crate::region::Array;
use crate::units::GRANULE_LOG2;

/// Version of the format.
pub const VERSION: u8 = 1;
/// The first bytes of every stream.
pub const MAGIC: [u8; 4] = *b"FHTR";
/// The smallest ring.
pub const RING_MIN: u32 = 256;

/// What a record is: the low three bits of its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Form {
    /// A block was handed out.
    Allocate = 0,
    /// A block came back.
    Free = 1,
    /// A block got another size where it is.
    Resize = 2,
    /// A request failed.
    Fail = 3,
    /// From here on events are another task's.
    Task = 4,
    /// Events were lost.
    Lost = 5,
    /// The application's own mark.
    Mark = 6,
    /// The trace was stopped: what there was in all.
    End = 7,
}

/// In the first byte: the time is that of the record before.
const SAME_TIME: u8 = 0x08;
/// In the first byte: the site is that of the record before that had one.
const SAME_SITE: u8 = 0x10;
/// In the first byte of a task's record: its name follows.
const NAMED: u8 = 0x08;

/// What later records refer to.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Before {
    /// The last site.
    pub site: usize,
    /// The last time.
    pub time: u32,
    /// The last address, in granules.
    pub place: u32,
    /// The last task's row, plus one; zero before the first.
    pub task: u32,
}

/// The words of a trace. All zeros: none is recorded.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Recorder {
    /// See there.
    pub before: Before,
    /// Bytes of the ring, a power of two; zero: not started.
    pub size: u32,
    /// Bytes ever written.
    pub head: u32,
    /// Bytes ever taken.
    pub tail: u32,
    /// Not zero: events are recorded.
    pub running: u32,
    /// Events that were recorded.
    pub events: u32,
    /// Events that were lost, and of these, the ones that no record tells of yet.
    pub lost: u32,
    /// See `lost`.
    pub untold: u32,
    /// Bits of the rows whose tasks' names were told.
    pub told: [u32; 4],
}

impl Recorder {
    /// Was the name of this row's task told?
    pub fn is_told(&self, row: u32) -> bool {
        self.told.get(row as usize / 32).is_none_or(|word| word >> (row % 32) & 1 != 0)
    }

    /// The row is another task's now, or nobody's.
    pub fn forget(&mut self, row: u32) {
        if let Some(word) = self.told.get_mut(row as usize / 32) {
            *word &= !(1 << (row % 32));
        }
    }

    fn tell(&mut self, row: u32) {
        if let Some(word) = self.told.get_mut(row as usize / 32) {
            *word |= 1 << (row % 32);
        }
    }
}

/// An event. Sizes are of blocks, in bytes, with their headers; places are addresses as the heap counts them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// Handed out: for a request of so many bytes, to a site.
    Allocate {
        /// Payload address.
        place: u32,
        /// Size of the block.
        bytes: u32,
        /// What was asked for.
        wanted: u32,
        /// Who asked: a return address, or the address of a text.
        site: usize,
    },
    /// Came back.
    Free {
        /// Payload address.
        place: u32,
        /// Size of the block.
        bytes: u32,
    },
    /// Another size at the same place.
    Resize {
        /// Payload address.
        place: u32,
        /// New size of the block.
        bytes: u32,
    },
    /// Nothing was handed out.
    Fail {
        /// What was asked for.
        wanted: u32,
        /// Who asked.
        site: usize,
    },
    /// The application's mark.
    Mark {
        /// Its number.
        value: u32,
    },
}

/// Whose an event is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Who {
    /// Row in the table of owners.
    pub row: u32,
    /// The task's handle, zero for what is no task.
    pub task: usize,
    /// Its name, ended by a zero; if it must be told (again).
    pub name: Option<[u8; 16]>,
}

/// The bytes of what is written at once.
struct Record {
    bytes: [u8; 80],
    used: usize,
}

impl Record {
    fn new() -> Record {
        Record { bytes: [0; 80], used: 0 }
    }

    fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.used) {
            *slot = byte;
        }
        self.used += 1;
    }

    /// Seven bits to a byte, the lowest first; the top bit says that more follow.
    fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// A difference: small in either direction is a small number.
    fn difference(&mut self, to: usize, from: usize) {
        let difference = to.wrapping_sub(from);
        let sign = 0usize.wrapping_sub(difference >> (usize::BITS - 1));
        self.number(difference << 1 ^ sign);
    }

    fn difference32(&mut self, to: u32, from: u32) {
        let difference = to.wrapping_sub(from);
        let sign = 0u32.wrapping_sub(difference >> 31);
        self.number((difference << 1 ^ sign) as usize);
    }

    fn place(&mut self, place: u32, before: &mut Before) {
        let granule = place >> GRANULE_LOG2;
        self.difference32(granule, before.place);
        before.place = granule;
    }

    fn site(&mut self, site: usize, before: &mut Before) {
        if site != before.site {
            self.difference(site, before.site);
            before.site = site;
        }
    }

    fn event(&mut self, event: Event, time: u32, before: &mut Before) {
        let (form, site) = match event {
            Event::Allocate { site, .. } => (Form::Allocate, site),
            Event::Free { .. } => (Form::Free, before.site),
            Event::Resize { .. } => (Form::Resize, before.site),
            Event::Fail { site, .. } => (Form::Fail, site),
            Event::Mark { .. } => (Form::Mark, before.site),
        };
        let same_time = if time == before.time { SAME_TIME } else { 0 };
        let same_site = if site == before.site { SAME_SITE } else { 0 };
        self.byte(form as u8 | same_time | same_site);
        if time != before.time {
            self.number(time.wrapping_sub(before.time) as usize);
            before.time = time;
        }
        match event {
            Event::Allocate { place, bytes, wanted, site } => {
                self.site(site, before);
                self.place(place, before);
                self.number((bytes >> GRANULE_LOG2) as usize);
                self.number(bytes.wrapping_sub(wanted) as usize);
            }
            Event::Free { place, bytes } | Event::Resize { place, bytes } => {
                self.place(place, before);
                self.number((bytes >> GRANULE_LOG2) as usize);
            }
            Event::Fail { wanted, site } => {
                self.site(site, before);
                self.number(wanted as usize);
            }
            Event::Mark { value } => self.number(value as usize),
        }
    }

    fn task(&mut self, who: Who) {
        let named = if who.name.is_some() { NAMED } else { 0 };
        self.byte(Form::Task as u8 | named);
        self.number(who.row as usize);
        if let Some(name) = who.name {
            self.number(who.task);
            for letter in name.into_iter().take_while(|letter| *letter != 0) {
                self.byte(letter);
            }
            self.byte(0);
        }
    }

    fn taken(&self) -> impl Iterator<Item = u8> + '_ {
        self.bytes.iter().copied().take(self.used)
    }
}

/// A trace and its ring, for as long as the lock is held.
pub struct Trace<'a> {
    /// Its words.
    pub recorder: &'a mut Recorder,
    /// As many bytes as `recorder.size` says.
    pub ring: Array<'a, u8>,
}

impl Trace<'_> {
    /// Records an event; `true` if it found room, else it is counted as lost.
    /// Cost: O(1), at most 80 bytes.
    pub fn record(&mut self, who: Who, time: u32, event: Event) -> bool {
        let mut before = self.recorder.before;
        let mut record = Record::new();
        if self.recorder.untold > 0 {
            record.byte(Form::Lost as u8);
            record.number(self.recorder.untold as usize);
        }
        if before.task != who.row + 1 || who.name.is_some() {
            record.task(who);
            before.task = who.row + 1;
        }
        record.event(event, time, &mut before);
        if record.used as u32 > self.room() {
            self.recorder.lost = self.recorder.lost.wrapping_add(1);
            self.recorder.untold = self.recorder.untold.wrapping_add(1);
            return false;
        }
        record.taken().for_each(|byte| self.put(byte));
        self.recorder.before = before;
        self.recorder.tell(who.row);
        self.recorder.untold = 0;
        self.recorder.events = self.recorder.events.wrapping_add(1);
        true
    }

    /// The last record: how many events there were, and how many were lost, the ones told of before included. False if
    /// there is no room for it yet.
    pub fn end(&mut self) -> bool {
        let mut record = Record::new();
        record.byte(Form::End as u8);
        record.number(self.recorder.events as usize);
        record.number(self.recorder.lost as usize);
        if record.used as u32 > self.room() {
            return false;
        }
        record.taken().for_each(|byte| self.put(byte));
        self.recorder.running = 0;
        true
    }

    /// Takes the oldest byte, if there is one.
    pub fn take(&mut self) -> Option<u8> {
        if self.recorder.head == self.recorder.tail {
            return None;
        }
        let byte = self.ring.get(self.recorder.tail & self.mask());
        self.recorder.tail = self.recorder.tail.wrapping_add(1);
        Some(byte)
    }

    /// Puts a byte of the header; there is room for it in an empty ring.
    pub fn put(&mut self, byte: u8) {
        let at = self.recorder.head & self.mask();
        self.ring.set(at, byte);
        self.recorder.head = self.recorder.head.wrapping_add(1);
    }

    fn mask(&self) -> u32 {
        self.recorder.size.wrapping_sub(1)
    }

    /// Bytes that can be put.
    pub fn room(&self) -> u32 {
        let used = self.recorder.head.wrapping_sub(self.recorder.tail);
        self.recorder.size.wrapping_sub(used)
    }
}

/// The header of a stream, byte by byte.
pub struct Header<'a, F: FnMut(u8)> {
    /// Takes a byte.
    pub put: &'a mut F,
}

impl<F: FnMut(u8)> Header<'_, F> {
    /// Magic, version, and what numbers mean: bytes of a pointer, of a granule and of a block's header, the clock, and
    /// the address that place zero is.
    pub fn open(&mut self, header_bytes: u32, hertz: u32, root: usize) {
        for byte in MAGIC {
            (self.put)(byte);
        }
        for byte in [VERSION, size_of::<usize>() as u8, GRANULE_LOG2 as u8, header_bytes as u8] {
            (self.put)(byte);
        }
        self.number(hertz as usize);
        self.number(root);
    }

    /// A number.
    pub fn number(&mut self, number: usize) {
        let mut record = Record::new();
        record.number(number);
        record.taken().for_each(|byte| (self.put)(byte));
    }

    /// A text, ended by a zero; at most 40 bytes of it.
    pub fn text(&mut self, text: impl Iterator<Item = u8>) {
        for letter in text.take(40).take_while(|letter| *letter != 0) {
            (self.put)(letter);
        }
        (self.put)(0);
    }
}
