// SPDX-License-Identifier: MIT
//! Shows a way to a person: every instruction, where it comes from, and what the functions of the source cost.

use super::graph::{Graph, Id};
use super::listing::plain;
use super::longest::Way;
use std::collections::BTreeMap;

/// One instruction of a graph as a line.
pub fn line(graph: &Graph, id: Id) -> String {
    let node = &graph.nodes[id];
    let Some(this) = graph.listing.at(node.place) else { return String::new() };
    let outside = if node.outside > 0 { format!(" +{}", node.outside) } else { String::new() };
    let target = this.symbol.as_deref().map(|symbol| format!(" -> {}", plain(symbol)));
    let text = format!("{} {}{}", this.mnemonic, this.operands, target.unwrap_or_default());
    format!("{:>6x}  {text:<52}{outside:>4}  {}", node.place.1, this.source)
}

/// Every instruction of a way, a headline wherever it enters another function or jumps.
pub fn way(graph: &Graph, way: &Way) -> String {
    let mut text = String::new();
    let mut count = 0;
    let mut blocks = 0;
    let mut before: Option<Id> = None;
    for id in &way.nodes {
        let place = graph.nodes[*id].place;
        let follows = before
            .is_some_and(|before| graph.listing.after(graph.nodes[before].place) == Some(place));
        if !follows {
            blocks += 1;
            let function = graph.listing.function_at(place);
            text.push_str(&format!(
                "  -- block {blocks}, {function} at {:x}, {count} so far\n",
                place.1
            ));
        }
        text.push_str(&line(graph, *id));
        text.push('\n');
        count += 1 + graph.nodes[*id].outside;
        before = Some(*id);
    }
    text + &shares(graph, way)
}

/// What the functions of the source take of a way, the dearest first.
fn shares(graph: &Graph, way: &Way) -> String {
    let mut shares: BTreeMap<&str, u32> = BTreeMap::new();
    for id in &way.nodes {
        let node = &graph.nodes[*id];
        let source = graph.listing.at(node.place).map_or("", |this| this.source.as_str());
        let name = source.split(' ').next().filter(|name| !name.is_empty()).unwrap_or("?");
        *shares.entry(name).or_default() += 1;
        if let Some(called) = node.calls.as_deref().filter(|_| node.outside > 0) {
            *shares.entry(called).or_default() += node.outside;
        }
    }
    let mut sorted: Vec<_> = shares.into_iter().collect();
    sorted.sort_by_key(|share| std::cmp::Reverse(share.1));
    let words: Vec<_> = sorted.iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!("  of which: {}\n", words.join(", "))
}
