// SPDX-License-Identifier: MIT
//! Reads what `FIRMHEAP_TRACK=trace` records: the one place that knows the format of docs/TRACE_FORMAT.md on the host.
//!
//! ```no_run
//! let trace = firmheap_trace::read(&std::fs::read("heap.trace")?)?;
//! for event in &trace.events {
//!     println!("{}", trace.line(event));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bytes;
mod summary;

use bytes::Bytes;
pub use summary::Summary;

/// The version of the format that is read here.
pub const VERSION: u8 = 1;

/// Why a stream cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The stream does not begin as one of firmheap's.
    #[error("this is no trace of firmheap: it does not begin with FHTR")]
    NotATrace,
    /// Another version.
    #[error(
        "version {0} of the format, not {VERSION}: read it with the tool of the firmware's release"
    )]
    Version(u8),
    /// The header ends in the middle.
    #[error("the header is cut short")]
    Header,
    /// A record is none.
    #[error("byte {at}: {what}")]
    Record {
        /// Where in the stream.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// What the stream says of the firmware.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Bytes of a pointer.
    pub pointer_bytes: u8,
    /// Bytes of a granule.
    pub granule: u32,
    /// Bytes of a block's header.
    pub header_bytes: u8,
    /// Units of time in a second.
    pub hertz: u64,
    /// CPU, as the compiler names it.
    pub cpu: String,
    /// The kernel's version.
    pub kernel: String,
    /// First payload address and bytes of each region.
    pub regions: Vec<(u64, u64)>,
}

/// A task, or what stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its row in the firmware's table.
    pub row: u64,
    /// Its handle; zero for what is no task.
    pub handle: u64,
    /// Its name.
    pub name: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A block of `bytes` was handed out for a request of `wanted` bytes.
    Allocate {
        /// What `pvPortMalloc` returned.
        address: u64,
        /// Of the block, header included.
        bytes: u64,
        /// What was asked for.
        wanted: u64,
        /// Return address of the call; zero if the firmware did not know it.
        site: u64,
    },
    /// A block came back.
    Free {
        /// The pointer.
        address: u64,
        /// Of the block, header included.
        bytes: u64,
    },
    /// A block has another size now, at the same address.
    Resize {
        /// The pointer.
        address: u64,
        /// The new size of the block, header included.
        bytes: u64,
    },
    /// A request failed.
    Fail {
        /// What was asked for.
        wanted: u64,
        /// Return address of the call.
        site: u64,
    },
    /// The application's mark.
    Mark {
        /// Its number.
        value: u64,
    },
    /// So many events were lost here.
    Lost {
        /// How many.
        events: u64,
    },
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// In units of `Header::hertz`, from the firmware's clock; 32 bits, wraps.
    pub time: u32,
    /// Index into `Trace::tasks`.
    pub task: usize,
    /// What happened.
    pub what: What,
}

/// A stream that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// What it says of the firmware.
    pub header: Header,
    /// The tasks, in the order in which they first appear.
    pub tasks: Vec<Task>,
    /// The events, in order; lost ones as `What::Lost`.
    pub events: Vec<Event>,
    /// Events recorded and lost, as the firmware counted them, if the stream was ended.
    pub end: Option<(u64, u64)>,
    /// True if the stream stops in the middle of a record.
    pub truncated: bool,
}

/// What later records refer to.
#[derive(Default)]
struct Before {
    site: u64,
    time: u32,
    place: u32,
    task: usize,
    has_task: bool,
}

/// Reads a whole stream.
///
/// # Errors
/// What is wrong with it, and where. A stream that stops in the middle of a record is no error: `Trace::truncated`.
pub fn read(stream: &[u8]) -> Result<Trace, Error> {
    let mut bytes = Bytes::new(stream);
    let mut trace = Trace::default();
    let root = header(&mut bytes, &mut trace.header)?;
    let mut before = Before::default();
    let mut ended = false;
    while !bytes.is_at_end() {
        let at = bytes.at();
        if ended {
            return Err(Error::Record { at, what: "bytes behind the end" });
        }
        match record(&mut bytes, &mut trace, &mut before, root) {
            Some(Ok(end)) => ended = end,
            Some(Err(what)) => return Err(Error::Record { at, what }),
            None => {
                trace.truncated = true;
                break;
            }
        }
    }
    Ok(trace)
}

fn header(bytes: &mut Bytes, header: &mut Header) -> Result<u64, Error> {
    if bytes.take(4) != Some(b"FHTR") {
        return Err(Error::NotATrace);
    }
    let version = bytes.byte().ok_or(Error::Header)?;
    if version != VERSION {
        return Err(Error::Version(version));
    }
    let mut rest = || -> Option<u64> {
        header.pointer_bytes = bytes.byte()?;
        header.granule = 1 << (bytes.byte()? & 15);
        header.header_bytes = bytes.byte()?;
        header.hertz = bytes.number()?;
        let root = bytes.number()?;
        header.cpu = bytes.text()?;
        header.kernel = bytes.text()?;
        for _ in 0..bytes.number()? {
            header.regions.push((root.wrapping_add(bytes.number()?), bytes.number()?));
        }
        Some(root)
    };
    let root = rest().ok_or(Error::Header)?;
    if ![4, 8].contains(&header.pointer_bytes) {
        return Err(Error::Header);
    }
    Ok(root)
}

const SAME_TIME: u8 = 0x08;
const SAME_SITE: u8 = 0x10;
const NAMED: u8 = 0x08;

/// `None`: the stream stops inside. `Ok(true)`: it was the last record.
fn record(
    bytes: &mut Bytes,
    trace: &mut Trace,
    before: &mut Before,
    root: u64,
) -> Option<Result<bool, &'static str>> {
    let first = bytes.byte()?;
    if first & 0xE0 != 0 {
        return Some(Err("no record begins so"));
    }
    match first & 7 {
        4 => return task(bytes, trace, before, first & NAMED != 0),
        5 => {
            let what = What::Lost { events: bytes.number()? };
            trace.events.push(Event { time: before.time, task: before.task, what });
            return Some(Ok(false));
        }
        7 => {
            trace.end = Some((bytes.number()?, bytes.number()?));
            return Some(Ok(true));
        }
        _ => {}
    }
    if !before.has_task {
        return Some(Err("an event before any task"));
    }
    if first & SAME_TIME == 0 {
        before.time = before.time.wrapping_add(bytes.number()? as u32);
    }
    let what = event(bytes, before, first, &trace.header, root)?;
    trace.events.push(Event { time: before.time, task: before.task, what });
    Some(Ok(false))
}

fn event(
    bytes: &mut Bytes,
    before: &mut Before,
    first: u8,
    header: &Header,
    root: u64,
) -> Option<What> {
    let mask = if header.pointer_bytes == 4 { u64::from(u32::MAX) } else { u64::MAX };
    let granule = u64::from(header.granule);
    let mut site = |bytes: &mut Bytes| {
        if first & SAME_SITE == 0 {
            before.site = before.site.wrapping_add(bytes.difference()?) & mask;
        }
        Some(before.site)
    };
    let site = if [0, 3].contains(&(first & 7)) { site(bytes)? } else { 0 };
    let mut place = |bytes: &mut Bytes| {
        before.place = before.place.wrapping_add(bytes.difference()? as u32);
        Some(root.wrapping_add(u64::from(before.place) * granule) & mask)
    };
    Some(match first & 7 {
        0 => {
            let address = place(bytes)?;
            let block = bytes.number()?.wrapping_mul(granule);
            let wanted = block.wrapping_sub(bytes.number()?);
            What::Allocate { address, bytes: block, wanted, site }
        }
        1 => What::Free { address: place(bytes)?, bytes: bytes.number()?.wrapping_mul(granule) },
        2 => What::Resize { address: place(bytes)?, bytes: bytes.number()?.wrapping_mul(granule) },
        3 => What::Fail { wanted: bytes.number()?, site },
        _ => What::Mark { value: bytes.number()? },
    })
}

/// From here on events are another task's, which has a name unless it was told before.
fn task(
    bytes: &mut Bytes,
    trace: &mut Trace,
    before: &mut Before,
    named: bool,
) -> Option<Result<bool, &'static str>> {
    let row = bytes.number()?;
    if named {
        let handle = bytes.number()?;
        trace.tasks.push(Task { row, handle, name: bytes.text()? });
    }
    // The last to have had this row has it.
    let Some(task) = trace.tasks.iter().rposition(|task| task.row == row) else {
        return Some(Err("a task that was never named"));
    };
    before.task = task;
    before.has_task = true;
    Some(Ok(false))
}

impl Trace {
    /// The name of an event's task.
    pub fn task_name(&self, event: &Event) -> &str {
        self.tasks.get(event.task).map_or("?", |task| &task.name)
    }

    /// One event as a line of text, tab-separated: time, task, what, numbers.
    pub fn line(&self, event: &Event) -> String {
        let what = match event.what {
            What::Allocate { address, bytes, wanted, site } => {
                format!("allocate\t{address:#010x}\t{bytes}\t{wanted}\t{site:#010x}")
            }
            What::Free { address, bytes } => format!("free\t{address:#010x}\t{bytes}"),
            What::Resize { address, bytes } => format!("resize\t{address:#010x}\t{bytes}"),
            What::Fail { wanted, site } => format!("fail\t{wanted}\t{site:#010x}"),
            What::Mark { value } => format!("mark\t{value}"),
            What::Lost { events } => format!("lost\t{events}"),
        };
        format!("{}\t{}\t{what}", event.time, self.task_name(event))
    }
}
