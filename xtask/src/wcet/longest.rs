// SPDX-License-Identifier: MIT
//! The longest way through a graph, and the proof that there is one: no way meets a node twice. Ways whose
//! branches contradict each other do not count (`facts`); the proof does without that.

use super::facts::Facts;
use super::graph::{Graph, Id, END};
use anyhow::{bail, ensure, Result};
use std::collections::HashMap;

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

/// Some hundred instructions with a few facts each; more is a mistake.
const STATES_MAX: usize = 2_000_000;

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
    let is = |id: &Id| graph.nodes[*id].calls.as_deref() == Some(first);
    let calls = (0..graph.nodes.len()).filter(is);
    let starts: Vec<Id> = calls.flat_map(|id| graph.nodes[id].next.clone()).collect();
    find(graph, &starts, End::Call(last))
}

fn find(graph: &Graph, starts: &[Id], end: End) -> Result<Option<Way>> {
    let mut proof = Proof { graph, known: vec![Known::Not; graph.nodes.len()], walked: Vec::new() };
    let mut search = Search { graph, end, known: HashMap::new() };
    let mut best: Option<(u32, State)> = None;
    for start in starts {
        proof.walk(*start)?;
        let state = (*start, Facts::default());
        if let Some(cost) = search.cost(&state)? {
            if best.as_ref().is_none_or(|(most, _)| cost > *most) {
                best = Some((cost, state));
            }
        }
    }
    Ok(best.map(|(instructions, start)| Way { instructions, nodes: search.nodes(start) }))
}

/// Looks for loops.
struct Proof<'g> {
    graph: &'g Graph<'g>,
    known: Vec<Known>,
    walked: Vec<Id>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Not,
    /// On the way that is being walked: to meet it again is a loop.
    Walking,
    /// No loop can be reached from it.
    Clean,
}

impl Proof<'_> {
    fn walk(&mut self, id: Id) -> Result<()> {
        match self.known[id] {
            Known::Clean => return Ok(()),
            Known::Walking => bail!("there is a loop:\n{}", self.shown_loop(id)),
            Known::Not => {}
        }
        self.known[id] = Known::Walking;
        self.walked.push(id);
        let graph = self.graph;
        graph.nodes[id].next.iter().try_for_each(|next| self.walk(*next))?;
        self.walked.pop();
        self.known[id] = Known::Clean;
        Ok(())
    }

    fn shown_loop(&self, id: Id) -> String {
        let from = self.walked.iter().position(|other| *other == id).unwrap_or(0);
        let lines = self.walked[from..].iter().map(|id| super::explain::line(self.graph, *id));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A node, and what is known there.
type State = (Id, Facts);

/// Looks for the longest way in a graph that has no loop.
struct Search<'g> {
    graph: &'g Graph<'g>,
    end: End<'g>,
    /// The longest way from a state, and its next one; `None` if it leads nowhere.
    known: HashMap<State, Option<(u32, State)>>,
}

impl Search<'_> {
    /// Instructions of the longest way from a state to the end.
    fn cost(&mut self, state: &State) -> Result<Option<u32>> {
        let last = (END, Facts::default());
        if state.0 == END {
            return Ok((self.end == End::Return).then_some(0));
        }
        if let Some(found) = self.known.get(state) {
            return Ok(found.as_ref().map(|(cost, _)| *cost));
        }
        ensure!(self.known.len() < STATES_MAX, "more than {STATES_MAX} states");
        let found =
            if self.is_last_call(state.0) { Some((1, last)) } else { self.best_next(state)? };
        let cost = found.as_ref().map(|(cost, _)| *cost);
        self.known.insert(state.clone(), found);
        Ok(cost)
    }

    fn best_next(&mut self, state: &State) -> Result<Option<(u32, State)>> {
        let own = 1 + self.graph.nodes[state.0].outside;
        let mut best: Option<(u32, State)> = None;
        for next in self.next(state) {
            if let Some(cost) = self.cost(&next)? {
                if best.as_ref().is_none_or(|(most, _)| own + cost > *most) {
                    best = Some((own + cost, next));
                }
            }
        }
        Ok(best)
    }

    /// What can follow: the successors that contradict nothing known.
    fn next(&self, (id, facts): &State) -> Vec<State> {
        let (graph, node) = (self.graph, &self.graph.nodes[*id]);
        let Some(this) = graph.listing.at(node.place) else { return Vec::new() };
        let decided = |taken| facts.decided(graph.set, this, taken);
        if let (true, [behind, there]) = (node.branches, &node.next[..]) {
            let ways = [(behind, decided(false)), (there, decided(true))];
            return ways.into_iter().filter_map(|(next, facts)| Some((*next, facts?))).collect();
        }
        // A function that was called may have changed everything.
        let calls = node.calls.is_some();
        let facts = if calls { Facts::default() } else { facts.after(graph.set, this) };
        node.next.iter().map(|next| (*next, facts.clone())).collect()
    }

    fn is_last_call(&self, id: Id) -> bool {
        let calls = self.graph.nodes[id].calls.as_deref();
        matches!(self.end, End::Call(name) if calls == Some(name))
    }

    fn nodes(&self, start: State) -> Vec<Id> {
        let mut nodes = vec![start.0];
        let mut at = start;
        while let Some(Some((_, next))) = self.known.get(&at) {
            if next.0 == END {
                break;
            }
            nodes.push(next.0);
            at = next.clone();
        }
        nodes
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow::Set;
    use super::super::graph::{Borders, Requests};
    use super::super::listing::Listing;
    use super::*;
    use std::collections::BTreeMap;

    /// The longest way through `f` of a listing.
    fn longest(code: &str) -> Result<Option<u32>> {
        let mut listing = Listing::default();
        listing.add(&format!("Disassembly of section .text:\n00000000 <f>:\n{code}"));
        let costs = BTreeMap::from([("vTaskSuspendAll".to_owned(), 5)]);
        let borders =
            Borders { costs, requests: Requests::Ordinary, regions: 1, without_port: false };
        let graph = Graph::of(&listing, Set::Thumb, &borders, "f")?;
        Ok(through(&graph)?.map(|way| way.instructions))
    }

    #[test]
    fn the_longer_branch_counts() {
        let code = "   0:\tcbz\tr0, 6 <f+0x6>\n   2:\tnop\n   4:\tnop\n   6:\tbx\tlr\n";
        assert_eq!(longest(code).unwrap(), Some(4));
    }

    #[test]
    fn a_loop_and_recursion_are_found() {
        let error =
            longest("   0:\tsubs\tr0, #1\n   2:\tbne.n\t0 <f>\n   4:\tbx\tlr\n").unwrap_err();
        assert!(format!("{error:#}").contains("subs"), "{error:#}");
        let error = longest("   0:\tbl\t0 <f>\n   4:\tbl\t0 <f>\n   8:\tpop\t{pc}\n").unwrap_err();
        assert!(format!("{error:#}").contains("recursion"), "{error:#}");
    }

    #[test]
    fn calls_count_what_is_in_them() {
        let call = |name: &str| {
            format!("   0:\tbl\t0 <f>\n\t\t\t0: R_ARM_THM_CALL\t{name}\n   4:\tpop\t{{pc}}\n")
        };
        assert_eq!(longest(&call("vTaskSuspendAll")).unwrap(), Some(7));
        assert!(longest(&call("memset")).is_err());
        // A refusal is no ordinary request: no way returns.
        assert_eq!(longest(&call("pvFirmheapRefused")).unwrap(), None);
        let inner = format!("{}00000006 <g>:\n   6:\tnop\n   8:\tbx\tlr\n", call("g"));
        assert_eq!(longest(&inner).unwrap(), Some(4));
    }

    #[test]
    fn what_is_not_carried_out_in_an_it_block_is_passed() {
        let code = "   0:\tite\teq\n   2:\tmoveq\tr0, #1\n   4:\tbxne\tlr\n   6:\tbx\tlr\n";
        assert_eq!(longest(code).unwrap(), Some(4));
    }
}
