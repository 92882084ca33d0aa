// SPDX-License-Identifier: MIT
//! The longest way through a graph, and the proof that there is one: no node is met twice on a way.

use super::graph::{Graph, Id, END};
use anyhow::{bail, Result};

/// A way and what it costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    pub instructions: u32,
    pub nodes: Vec<Id>,
}

/// What ends a way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End<'n> {
    /// The return of the outermost function.
    Return,
    /// A call of this function, whose own instructions do not count.
    Call(&'n str),
}

/// The longest way from the first instruction to the return, or `None` if no way leads there.
///
/// # Errors
/// There is a loop; the error shows it.
pub fn through(graph: &Graph) -> Result<Option<Way>> {
    find(graph, &[graph.entry], End::Return)
}

/// The longest way from behind any call of `first` to the call of `last`, which counts as one.
///
/// # Errors
/// As [`through`].
pub fn between(graph: &Graph, first: &str, last: &str) -> Result<Option<Way>> {
    let calls = |name: &str| {
        let is = |id: &Id| graph.nodes[*id].calls.as_deref() == Some(name);
        (0..graph.nodes.len()).filter(is).collect::<Vec<Id>>()
    };
    let starts: Vec<Id> =
        calls(first).iter().flat_map(|id| graph.nodes[*id].next.clone()).collect();
    find(graph, &starts, End::Call(last))
}

/// How far a node is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Not,
    /// It is on the way that is being walked: to meet it again is a loop.
    Walking,
    /// The longest way from it, and its next node; `None` if it leads nowhere.
    Done(Option<(u32, Id)>),
}

fn find(graph: &Graph, starts: &[Id], end: End) -> Result<Option<Way>> {
    let mut search =
        Search { graph, end, known: vec![Known::Not; graph.nodes.len()], walked: vec![] };
    let mut best: Option<(u32, Id)> = None;
    for start in starts {
        if let Some(cost) = search.cost(*start)? {
            best = best.max(Some((cost, *start)));
        }
    }
    Ok(best.map(|(instructions, start)| Way { instructions, nodes: search.nodes(start) }))
}

struct Search<'g> {
    graph: &'g Graph<'g>,
    end: End<'g>,
    known: Vec<Known>,
    walked: Vec<Id>,
}

impl Search<'_> {
    /// Instructions of the longest way from a node to the end.
    fn cost(&mut self, id: Id) -> Result<Option<u32>> {
        match self.known[id] {
            Known::Done(found) => return Ok(found.map(|(cost, _)| cost)),
            Known::Walking => bail!("there is a loop:\n{}", self.shown_loop(id)),
            Known::Not => {}
        }
        let found = if id == END {
            (self.end == End::Return).then_some((0, END))
        } else if self.is_last_call(id) {
            Some((1, END))
        } else {
            self.known[id] = Known::Walking;
            self.walked.push(id);
            let found = self.best_next(id)?;
            self.walked.pop();
            found
        };
        self.known[id] = Known::Done(found);
        Ok(found.map(|(cost, _)| cost))
    }

    fn best_next(&mut self, id: Id) -> Result<Option<(u32, Id)>> {
        let graph = self.graph;
        let own = 1 + graph.nodes[id].outside;
        let mut best: Option<(u32, Id)> = None;
        for next in &graph.nodes[id].next {
            if let Some(cost) = self.cost(*next)? {
                if best.is_none_or(|(most, _)| own + cost > most) {
                    best = Some((own + cost, *next));
                }
            }
        }
        Ok(best)
    }

    fn is_last_call(&self, id: Id) -> bool {
        let calls = self.graph.nodes[id].calls.as_deref();
        matches!(self.end, End::Call(name) if calls == Some(name))
    }

    fn nodes(&self, start: Id) -> Vec<Id> {
        let mut nodes = vec![];
        let mut at = start;
        while at != END {
            nodes.push(at);
            at = match self.known[at] {
                Known::Done(Some((_, next))) => next,
                _ => END,
            };
        }
        nodes
    }

    fn shown_loop(&self, id: Id) -> String {
        let from = self.walked.iter().position(|other| *other == id).unwrap_or(0);
        let lines = self.walked[from..].iter().map(|id| super::explain::line(self.graph, *id));
        lines.collect::<Vec<_>>().join("\n")
    }
}
