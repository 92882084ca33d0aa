// SPDX-License-Identifier: MIT
//! Loops that are known to end: firmware with several regions looks a pointer up in a table, one round for
//! each region. Such a loop becomes one node that costs all its rounds; every other loop stays, and is refused.

use super::graph::{Graph, Id};

/// Functions whose loops run over the table of regions and nothing else.
const OVER_REGIONS: [&str; 3] = ["holder", "vFirmheapFreeInTable", "ulFirmheapHoldInTable"];

impl Graph<'_> {
    /// Puts one node in the place of each loop over the regions. The table holds all but the largest, so no
    /// instruction of such a loop runs more often than there are regions, the look for the end included.
    pub fn close_loops(&mut self, regions: u32) {
        let mut closed = vec![false; self.nodes.len()];
        for id in 0..self.nodes.len() {
            if closed[id] {
                continue;
            }
            let members = self.circle(id);
            let known = |id: &Id| {
                let function = self.listing.function_at(self.nodes[*id].place);
                OVER_REGIONS.contains(&function)
            };
            if !members.is_empty() && members.iter().all(known) {
                members.iter().for_each(|member| closed[*member] = true);
                self.close(&members, regions);
            }
        }
    }

    /// The nodes that can be reached from a node and lead back to it.
    fn circle(&self, id: Id) -> Vec<Id> {
        let ahead = self.reached(&self.nodes[id].next);
        if !ahead.contains(&id) {
            return Vec::new();
        }
        let leads_back = |other: &Id| self.reached(&self.nodes[*other].next).contains(&id);
        ahead.into_iter().filter(leads_back).collect()
    }

    fn reached(&self, starts: &[Id]) -> Vec<Id> {
        let mut seen = vec![false; self.nodes.len()];
        let mut open = starts.to_vec();
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut seen[id], true) {
                found.push(id);
                open.extend(&self.nodes[id].next);
            }
        }
        found
    }

    /// The first of the members stands for all of them; whoever led to another leads to it.
    fn close(&mut self, members: &[Id], rounds: u32) {
        let first = members[0];
        let all: u32 = members.iter().map(|id| 1 + self.nodes[*id].outside).sum();
        let next = members.iter().flat_map(|id| self.nodes[*id].next.clone());
        let exits: Vec<Id> = next.filter(|id| !members.contains(id)).collect();
        let node = &mut self.nodes[first];
        node.outside = all * rounds - 1;
        node.calls = Some(format!("{rounds} rounds"));
        node.branches = false;
        node.next = exits;
        for node in &mut self.nodes {
            let inside = node.next.iter_mut().filter(|id| members.contains(id));
            inside.for_each(|id| *id = first);
        }
        if members.contains(&self.entry) {
            self.entry = first;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow::Set;
    use super::super::graph::{Borders, Requests};
    use super::super::listing::Listing;
    use super::super::longest;
    use super::*;
    use std::collections::BTreeMap;

    /// A loop of two instructions behind one other, then the return.
    fn longest_of(function: &str, regions: u32) -> anyhow::Result<u32> {
        let mut listing = Listing::default();
        listing.add(&format!(
            "Disassembly of section .text:\n00000000 <{function}>:\n   0:\tnop\n   2:\tsubs\tr0, #1\n   \
             4:\tbne.n\t2 <f+0x2>\n   6:\tbx\tlr\n"
        ));
        let costs = BTreeMap::new();
        let borders = Borders { costs, requests: Requests::Ordinary, regions, without_port: false };
        let graph = Graph::of(&listing, Set::Thumb, &borders, function)?;
        Ok(longest::through(&graph)?.map_or(0, |way| way.instructions))
    }

    #[test]
    fn a_loop_over_the_regions_costs_its_rounds() {
        assert_eq!(longest_of("holder", 2).unwrap(), 1 + 2 * 2 + 1);
        assert_eq!(longest_of("holder", 8).unwrap(), 1 + 8 * 2 + 1);
    }

    #[test]
    fn every_other_loop_is_refused() {
        assert!(longest_of("holder", 1).is_err());
        assert!(longest_of("vPortFree", 8).is_err());
    }
}
