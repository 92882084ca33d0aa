// SPDX-License-Identifier: MIT
//! What the firmware's encoder writes is what the reader reads, also if the ring is too small, and whatever the bytes.

use firmheap::region::Array;
use firmheap::trace::{Event, Header, Recorder, Trace, Who};
use firmheap_trace::{read, Error, What};

const GRANULE: u32 = 8;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    /// Small numbers mostly, large ones sometimes.
    fn number(&mut self) -> u32 {
        (self.next() >> 32) as u32 >> (self.next() % 32)
    }
}

/// An event as the reader should give it, and the name of its task.
fn expected(event: Event) -> What {
    match event {
        Event::Allocate { place, bytes, wanted, site } => What::Allocate {
            address: place.into(),
            bytes: bytes.into(),
            wanted: wanted.into(),
            site: site as u64,
        },
        Event::Free { place, bytes } => What::Free { address: place.into(), bytes: bytes.into() },
        Event::Resize { place, bytes } => {
            What::Resize { address: place.into(), bytes: bytes.into() }
        }
        Event::Fail { wanted, site } => What::Fail { wanted: wanted.into(), site: site as u64 },
        Event::Mark { value } => What::Mark { value: value.into() },
    }
}

fn any_event(random: &mut Random) -> Event {
    let place = random.number() & !(GRANULE - 1);
    let bytes = (random.number() & 0xFF_FFF8) + 16;
    let site = random.number() as usize;
    match random.next() % 8 {
        0..=2 => Event::Allocate { place, bytes, wanted: bytes - 4 - random.number() % 8, site },
        3..=5 => Event::Free { place, bytes },
        6 => Event::Resize { place, bytes },
        7 if random.next() & 1 == 0 => Event::Mark { value: random.number() },
        _ => Event::Fail { wanted: random.number(), site },
    }
}

/// Bytes taken after each event, of a ring that small; the stream and what must be read from it.
fn recorded(
    seed: u64,
    events: u32,
    ring_bytes: u32,
    taken: usize,
) -> (Vec<u8>, Vec<(u32, String, What)>, u64) {
    let mut random = Random(seed);
    let mut memory = vec![0u8; ring_bytes as usize];
    let mut recorder = Recorder { size: ring_bytes, running: 1, ..Recorder::default() };
    // SAFETY is the vector's: see `Array::new`.
    let mut stream = Vec::new();
    let mut model = Vec::new();
    let (mut time, mut lost_in_all, mut untold) = (0u32, 0u64, 0u64);
    let mut told: Vec<Option<u32>> = vec![None; 6];
    let mut last = (0, String::new());
    let mut trace = ring(&mut recorder, &mut memory);
    let mut put = |byte| trace.put(byte);
    let mut header = Header { put: &mut put };
    header.open(4, 1000, 0);
    header.text("cortex-m3".bytes());
    header.text("V11".bytes());
    header.number(1);
    header.number(0x2000_0000);
    header.number(65_000);
    for _ in 0..events {
        let row = (random.next() % 6) as u32;
        let generation = u32::from(random.next() % 50 < 1) + told[row as usize].unwrap_or(0);
        let name = format!("t{row}.{generation}");
        let mut letters = [0u8; 16];
        letters[..name.len()].copy_from_slice(name.as_bytes());
        let is_new = told[row as usize] != Some(generation);
        let who = Who { row, task: 0x2000_0100, name: is_new.then_some(letters) };
        time = time.wrapping_add(if random.next() & 1 == 0 { 0 } else { random.number() });
        let event = any_event(&mut random);
        if trace.record(who, time, event) {
            told[row as usize] = Some(generation);
            if untold > 0 {
                let (time, name) = last.clone();
                model.push((time, name, What::Lost { events: untold }));
                untold = 0;
            }
            model.push((time, name.clone(), expected(event)));
            last = (time, name);
        } else {
            untold += 1;
            lost_in_all += 1;
        }
        stream.extend((0..taken).map_while(|_| trace.take()));
    }
    while let Some(byte) = trace.take() {
        stream.push(byte);
    }
    assert!(trace.end());
    while let Some(byte) = trace.take() {
        stream.push(byte);
    }
    (stream, model, lost_in_all)
}

fn ring<'a>(recorder: &'a mut Recorder, memory: &'a mut [u8]) -> Trace<'a> {
    Trace { recorder, ring: array(memory) }
}

#[allow(unsafe_code)]
fn array(memory: &mut [u8]) -> Array<'_, u8> {
    // SAFETY: a byte for every index below its length, used by nobody else during the borrow.
    unsafe { Array::new(memory.as_mut_ptr()) }
}

fn compare(stream: &[u8], model: &[(u32, String, What)], lost: u64, events: u32) {
    let trace = read(stream).expect("it can be read");
    assert!(!trace.truncated);
    let found: Vec<_> = trace
        .events
        .iter()
        .map(|event| (event.time, trace.task_name(event).to_owned(), event.what))
        .collect();
    assert_eq!(found.len(), model.len());
    for (number, (found, expected)) in found.iter().zip(model).enumerate() {
        assert_eq!(found, expected, "event {number}");
    }
    assert_eq!(trace.end, Some((u64::from(events) - lost, lost)));
    assert_eq!(trace.header.cpu, "cortex-m3");
    assert_eq!(trace.header.regions, [(0x2000_0000, 65_000)]);
}

#[test]
fn all_that_is_written_is_read() {
    let (stream, model, lost) = recorded(1, 100_000, 1 << 12, 100);
    assert_eq!(lost, 0);
    compare(&stream, &model, lost, 100_000);
    assert!(stream.len() < 1_800_000, "{} bytes", stream.len());
}

#[test]
fn what_is_lost_is_counted_where_it_was_lost() {
    for (seed, taken) in [(2, 3), (3, 8), (4, 11)] {
        let (stream, model, lost) = recorded(seed, 50_000, 256, taken);
        assert!(lost > 100, "only {lost} were lost");
        compare(&stream, &model, lost, 50_000);
        let told: u64 = read(&stream)
            .expect("it can be read")
            .events
            .iter()
            .map(|event| if let What::Lost { events } = event.what { events } else { 0 })
            .sum();
        assert!(told <= lost && told + 50_000 > lost, "{told} of {lost}");
    }
}

#[test]
fn a_stream_that_stops_anywhere_is_read_up_to_there() {
    let (stream, model, _) = recorded(5, 200, 1 << 12, 100);
    let head = read(&stream).expect("whole").events.len();
    assert_eq!(head, model.len());
    for end in 0..stream.len() {
        match read(&stream[..end]) {
            Ok(trace) => assert!(trace.events.len() <= model.len()),
            Err(error) => assert!(matches!(error, Error::NotATrace | Error::Header), "{error}"),
        }
    }
}

#[test]
fn any_bytes_end_in_a_word_or_an_error() {
    let (stream, _, _) = recorded(6, 300, 1 << 12, 100);
    let mut random = Random(77);
    for _ in 0..20_000 {
        let mut damaged = stream.clone();
        for _ in 0..=random.next() % 4 {
            let at = random.next() as usize % damaged.len();
            damaged[at] = random.next() as u8;
        }
        let _ = read(&damaged);
    }
    assert_eq!(read(b"GIF89a"), Err(Error::NotATrace));
    assert_eq!(read(b"FHTR\x09"), Err(Error::Version(9)));
}

/// A name is told with a row's first record and again when the row is another task's.
#[test]
fn names_are_told_once() {
    const ROWS: [u32; 8] = [0, 1, 31, 32, 63, 64, 100, 127];
    let mut memory = vec![0u8; 1024];
    let mut recorder = Recorder { size: 1024, running: 1, ..Recorder::default() };
    let mut trace = ring(&mut recorder, &mut memory);
    for (count, row) in ROWS.into_iter().enumerate() {
        assert!(!trace.recorder.is_told(row));
        let who = Who { row, task: 1, name: Some([0; 16]) };
        assert!(trace.record(who, 0, Event::Mark { value: 1 }));
        for (other, row) in ROWS.into_iter().enumerate() {
            assert_eq!(trace.recorder.is_told(row), other <= count, "row {row} after {count}");
        }
        assert_eq!(trace.recorder.told.iter().map(|word| word.count_ones()).sum::<u32>(), {
            count as u32 + 1
        });
    }
    for (count, row) in ROWS.into_iter().enumerate() {
        trace.recorder.forget(row);
        trace.recorder.forget(row); // forgotten is forgotten
        for (other, row) in ROWS.into_iter().enumerate() {
            assert_eq!(trace.recorder.is_told(row), other > count, "row {row} after {count}");
        }
    }
    // There is no such row: nothing is to be told of it, and nothing is written.
    trace.recorder.forget(128);
    assert!(trace.recorder.is_told(128) && trace.recorder.told == [0; 4]);
}

/// The last byte of a ring is used, and one more is not.
#[test]
fn a_ring_is_filled_to_its_last_byte() {
    for missing in 0..2u32 {
        let mut memory = vec![0u8; 16];
        let mut recorder = Recorder { size: 16, running: 1, ..Recorder::default() };
        let mut trace = ring(&mut recorder, &mut memory);
        let who = Who { row: 0, task: 0, name: None };
        assert!(trace.record(who, 0, Event::Mark { value: 1 }));
        let fill = |trace: &mut Trace<'_>, left: u32| (trace.room() > left).then(|| trace.put(0));
        while fill(&mut trace, 2 - missing).is_some() {}
        // Its form and a number below 128.
        assert_eq!(trace.record(who, 0, Event::Mark { value: 2 }), missing == 0);
        assert_eq!(trace.room(), if missing == 0 { 0 } else { 1 });

        while trace.take().is_some() {}
        while fill(&mut trace, 3 - missing).is_some() {}
        // Its form and two numbers below 128.
        assert_eq!(trace.end(), missing == 0);
        assert_eq!(trace.recorder.running, missing);
    }
}
