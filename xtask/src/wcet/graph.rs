// SPDX-License-Identifier: MIT
//! The control-flow graph of one function with everything it calls unfolded into it: one node for each
//! instruction and way of calls that leads to it. So the longest way is a walk, and shows every instruction.

use super::flow::{Flow, Set, Target};
use super::listing::{plain, Listing, Place};
use anyhow::{bail, ensure, Context, Result};
use std::collections::{BTreeMap, HashMap};

/// The number of a node.
pub type Id = usize;
/// The node behind the return of the outermost function.
pub const END: Id = 0;
/// Code of this project is some hundred instructions; more is a mistake.
const NODES_MAX: usize = 200_000;

/// One instruction on some way of calls.
pub struct Node {
    pub place: Place,
    /// Instructions of a called function that is not looked into.
    pub outside: u32,
    /// That function.
    pub calls: Option<String>,
    /// It is a conditional branch: the first of `next` follows if it is not taken.
    pub branches: bool,
    pub next: Vec<Id>,
}

/// What is known of functions without looking at their code.
pub struct Borders {
    /// Instructions of functions that are elsewhere.
    pub costs: BTreeMap<String, u32>,
    /// Which requests are in question.
    pub requests: Requests,
    /// Regions of the heap: with several, a pointer outside of the largest is looked up in a table.
    pub regions: u32,
    /// The port file is not among the code: its instructions are left out.
    pub without_port: bool,
}

/// Requests that are in question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Requests {
    /// Served, and of a size that the ordinary way knows.
    Ordinary,
    /// Also those for so few bytes that they are begun again, with more.
    Tiny,
    /// Also the first, which sets the heap up and is begun again, and those that are refused.
    All,
}

/// The sizes off the ordinary way end up here, and the tiny ones come back.
const OFF_THE_WAY: &str = "pvFirmheapRefuseOutside";
/// Where a request that is not served leaves the archive. A new name missing here is counted, or unknown; one that
/// is gone is harmless: no way is left out by mistake.
const NOT_SERVED: [&str; 7] = [
    "pvFirmheapResizeFailed",
    "vFirmheapSetUp",
    "pvFirmheapRefused",
    "vFirmheapFault",
    "vFirmheapFaultWithin",
    "vFirmheapFreeOutside",
    "vFirmheapFreeFailed",
];

/// Except with several regions, where the port file asks the table.
const IN_TABLE: &str = "vFirmheapFreeOutside";

impl Borders {
    fn enter(&self, name: &str) -> bool {
        let served = !NOT_SERVED.contains(&name) || (self.regions > 1 && name == IN_TABLE);
        match self.requests {
            Requests::Ordinary => served && name != OFF_THE_WAY,
            Requests::Tiny => served,
            Requests::All => true,
        }
    }
}

pub struct Graph<'l> {
    pub listing: &'l Listing,
    pub nodes: Vec<Node>,
    pub entry: Id,
    pub set: Set,
    borders: &'l Borders,
}

/// One call: its way from the outermost function, where it returns to, and its instructions so far.
struct Frame {
    calls: Vec<(String, String)>,
    returns_to: Id,
    nodes: HashMap<Place, Id>,
}

impl<'l> Graph<'l> {
    /// # Errors
    /// Code that cannot be followed, an unknown function, or recursion.
    pub fn of(listing: &'l Listing, set: Set, borders: &'l Borders, name: &str) -> Result<Self> {
        let end = Node {
            place: (usize::MAX, 0),
            outside: 0,
            calls: None,
            branches: false,
            next: Vec::new(),
        };
        let mut graph = Self { listing, nodes: vec![end], entry: END, set, borders };
        let place = *listing.functions.get(name).with_context(|| format!("there is no {name}"))?;
        graph.entry = graph.unfold(place, Vec::new(), END)?;
        if borders.regions > 1 {
            graph.close_loops(borders.regions);
        }
        Ok(graph)
    }

    /// The code from `place` to its returns; returns its first node.
    fn unfold(&mut self, place: Place, calls: Vec<(String, String)>, returns_to: Id) -> Result<Id> {
        let mut frame = Frame { calls, returns_to, nodes: HashMap::new() };
        let entry = self.node(&mut frame, place)?.0;
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            ensure!(self.nodes.len() < NODES_MAX, "more than {NODES_MAX} instructions");
            self.follow(&mut frame, place, &mut open)?;
        }
        Ok(entry)
    }

    /// The node of a place, and whether it is new.
    fn node(&mut self, frame: &mut Frame, place: Place) -> Result<(Id, bool)> {
        ensure!(self.listing.at(place).is_some(), "no instruction at {:#x}", place.1);
        if let Some(known) = frame.nodes.get(&place) {
            return Ok((*known, false));
        }
        self.nodes.push(Node { place, outside: 0, calls: None, branches: false, next: Vec::new() });
        frame.nodes.insert(place, self.nodes.len() - 1);
        Ok((self.nodes.len() - 1, true))
    }

    /// The successors of one instruction; places met for the first time go to `open`.
    fn follow(&mut self, frame: &mut Frame, place: Place, open: &mut Vec<Place>) -> Result<()> {
        let id = self.node(frame, place)?.0;
        let flow = self.flow(place)?;
        let branches = matches!(flow, Flow::Branch(_));
        let mut next = Vec::new();
        if self.falls_through(place, &flow) {
            let after = self.listing.after(place).context("code runs out of its section")?;
            next.push(self.reach(frame, after, open)?);
        }
        match flow {
            Flow::Next | Flow::Conditional(_) | Flow::Trap => {}
            Flow::Return => next.push(frame.returns_to),
            Flow::Branch(target) | Flow::Jump(target) => match target {
                Target::Address(address) => {
                    next.push(self.reach(frame, (place.0, address), open)?);
                }
                Target::Symbol(symbol) => {
                    next.extend(self.enter(frame, id, &symbol, frame.returns_to)?);
                }
            },
            Flow::Call(target) => {
                let symbol = self.name_of(place, &target)?;
                // What is behind a call that is not in question is not, either.
                let returns_to = if self.borders.enter(plain(&symbol)) {
                    let after = self.listing.after(place).context("nothing behind a call")?;
                    self.reach(frame, after, open)?
                } else {
                    END
                };
                next.extend(self.enter(frame, id, &symbol, returns_to)?);
            }
        }
        self.nodes[id].branches = branches;
        self.nodes[id].next = next;
        Ok(())
    }

    fn flow(&self, place: Place) -> Result<Flow> {
        let this = self.listing.at(place).context("no instruction there")?;
        let section = &self.listing.sections[place.0].instructions;
        let before = section.range(..place.1).next_back().map(|(_, before)| before);
        let here = || format!("in {} at {:#x}", self.listing.function_at(place), place.1);
        self.set.flow(this, before).with_context(here)
    }

    /// May the next instruction come next? A call that is carried out returns there by itself.
    fn falls_through(&self, place: Place, flow: &Flow) -> bool {
        match flow {
            Flow::Next | Flow::Conditional(_) | Flow::Branch(_) => true,
            Flow::Jump(_) | Flow::Call(_) | Flow::Return => self.in_it_block(place),
            Flow::Trap => false,
        }
    }

    /// Is the instruction one of the up to four behind an IT?
    fn in_it_block(&self, place: Place) -> bool {
        let section = &self.listing.sections[place.0].instructions;
        let before = section.range(..place.1).rev().take(4).enumerate();
        self.set == Set::Thumb
            && before.into_iter().any(|(distance, (_, other))| {
                let flow = self.set.flow(other, None);
                matches!(flow, Ok(Flow::Conditional(length)) if length > distance)
            })
    }

    fn reach(&mut self, frame: &mut Frame, place: Place, open: &mut Vec<Place>) -> Result<Id> {
        let (id, new) = self.node(frame, place)?;
        if new {
            open.push(place);
        }
        Ok(id)
    }

    fn name_of(&self, place: Place, target: &Target) -> Result<String> {
        match target {
            Target::Symbol(symbol) => Ok(symbol.clone()),
            Target::Address(address) => {
                let at = (place.0, *address);
                let found = self.listing.functions.iter().find(|(_, start)| **start == at);
                let found =
                    found.with_context(|| format!("a call of {address:#x}, no function"))?;
                Ok(found.0.clone())
            }
        }
    }

    /// What follows node `id`, which calls `symbol` or jumps there: nothing, if this way is not in question.
    fn enter(&mut self, frame: &Frame, id: Id, symbol: &str, returns_to: Id) -> Result<Option<Id>> {
        let name = plain(symbol);
        let from = self.listing.function_at(self.nodes[id].place).to_owned();
        self.nodes[id].calls = Some(name.to_owned());
        if !self.borders.enter(name) {
            return Ok(None);
        }
        if let Some(cost) = self.borders.costs.get(name) {
            self.nodes[id].outside = *cost;
            return Ok(Some(returns_to));
        }
        let Some(place) = self.listing.functions.get(symbol).copied() else {
            let all = self.borders.requests == Requests::All;
            if all && self.borders.without_port && name.contains("Firmheap") {
                return Ok(Some(returns_to));
            }
            bail!("{from} calls {name}, whose code is not here: give --cost {name}=<instructions>");
        };
        let call = (from, name.to_owned());
        if frame.calls.contains(&call) {
            // Set up or made larger, a request is begun again: once, because it is then.
            if self.borders.requests != Requests::Ordinary {
                return Ok(None);
            }
            bail!("recursion: {}", way(&frame.calls, &call));
        }
        let mut calls = frame.calls.clone();
        calls.push(call);
        self.unfold(place, calls, returns_to).map(Some)
    }
}

fn way(calls: &[(String, String)], last: &(String, String)) -> String {
    let all: Vec<_> = calls.iter().chain([last]).map(|call| call.1.as_str()).collect();
    all.join(" -> ")
}
