// SPDX-License-Identifier: MIT
//! The rows of owners and sites without a heap: every figure against a shadow that adds up anew, and what lies directly
//! behind a table.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::Tag;
use firmheap::tracker::leaks::{epoch_of, short, TICKS};
use firmheap::tracker::owners::{Face, BOOT, FIRST};
use firmheap::tracker::sites::{Site, OVERFLOW};
use firmheap::tracker::{Given, Tally, IS_TASK};
use firmheap::units::Size;
use support::tables::{name, Tables, ROWS};
use support::Random;

/// Sizes and blocks go up and down apart from each other, so that the peaks are at different times.
#[test]
fn a_tally_keeps_its_peaks() {
    let mut random = Random(0x7A11);
    let mut tally = Tally::default();
    let mut held: Vec<u32> = Vec::new();
    let (mut size_max, mut blocks_max) = (0, 0);
    for step in 0..if cfg!(miri) { 200 } else { 20_000 } {
        let phase = step / 50 % 4;
        if held.is_empty() || random.below(8) < 2 + phase {
            let size = if phase == 1 { 500 } else { 1 + random.below(20) };
            tally.add(Size(size));
            held.push(size);
        } else {
            let size = held.swap_remove(random.below(held.len() as u32) as usize);
            assert!(tally.remove(Size(size)));
        }
        let (size, blocks) = (held.iter().sum::<u32>(), held.len() as u32);
        (size_max, blocks_max) = (size.max(size_max), blocks.max(blocks_max));
        let expected = Tally { size: Size(size), blocks, size_max: Size(size_max), blocks_max };
        assert_eq!(tally.settled(), expected);
        assert!(!tally.remove(Size(size + 1)), "more than it holds");
        assert_eq!(tally.settled(), expected, "refused, and nothing changed");
    }
}

/// Tables shorter than their memory, in which what lies behind looks as if it held a lot.
fn short_tables(rows: u32) -> Tables {
    let mut tables = Tables::new();
    tables.owners().open(rows);
    tables.book.sites = rows;
    let much = Tally { size: Size(1 << 20), blocks: 1 << 10, ..Tally::default() };
    tables.rows[rows as usize..].iter_mut().for_each(|row| row.tally = much);
    tables.sites[rows as usize..].iter_mut().for_each(|row| row.tally = much);
    tables
}

/// A row of the table or the first behind it, or whatever a damaged tag has.
fn any_row(random: &mut Random, rows: u32, bits: u32) -> u32 {
    if random.below(4) == 0 {
        random.below(1 << bits)
    } else {
        random.below(rows + 1)
    }
}

/// Blocks come, change their size and go, and each time a tag says anything: a row that can have held the block is
/// believed, all together are what there is, and nothing behind the tables changes.
#[test]
fn sums_are_right_whatever_the_tags_say() {
    let mut random = Random(0x5AD5);
    for rows in if cfg!(miri) { 6..7 } else { 5..ROWS as u32 } {
        let mut tables = short_tables(rows);
        let behind =
            (tables.rows[rows as usize..].to_vec(), tables.sites[rows as usize..].to_vec());
        let (mut owners, mut sites) = ([0u32; ROWS], [0u32; ROWS]);
        let mut live: Vec<u32> = Vec::new();
        for _ in 0..if cfg!(miri) { 100 } else { 1000 } {
            let (new, to) = (1 + random.below(50), 1 + random.below(50));
            let bits = any_row(&mut random, rows, 7) | (IS_TASK * random.below(2));
            let (owner, site) = (bits & !IS_TASK, any_row(&mut random, rows, 16));
            let tag = Tag::of(bits, random.below(256), site);
            let holds = |table: &[u32; ROWS], row: u32, size: u32| {
                row < rows && table[row as usize] >= size
            };
            if live.is_empty() || random.below(5) < 2 {
                let (owner, site) = (random.below(rows), random.below(rows));
                tables.owners().tracker.take(owner, Size(new));
                tables.sites().take(site, Size(new));
                owners[owner as usize] += new;
                sites[site as usize] += new;
                live.push(new);
            } else {
                let nth = random.below(live.len() as u32) as usize;
                let from = live.swap_remove(nth);
                let known = (holds(&owners, owner, from), holds(&sites, site, from));
                let stays = random.below(2) == 0;
                if stays {
                    let found = tables.owners().tracker.resize(tag, Size(from), Size(to));
                    assert_eq!(found, known.0, "owner {bits:#x}");
                    tables.sites().resize(site, Size(from), Size(to));
                    live.push(to);
                } else {
                    let task = if bits == owner { Given::Counted } else { Given::WasTask };
                    let expected = if known.0 { task } else { Given::Astray };
                    let found = tables.owners().tracker.give(tag, Size(from));
                    assert_eq!(found, expected, "owner {bits:#x}");
                    let expected = if known.1 { Given::Counted } else { Given::Astray };
                    assert_eq!(tables.sites().give(site, Size(from)), expected, "site {site}");
                }
                let grown = if stays { to } else { 0 };
                if known.0 {
                    owners[owner as usize] = owners[owner as usize] - from + grown;
                }
                if known.1 {
                    sites[site as usize] = sites[site as usize] - from + grown;
                }
            }
            let expected = (Size(live.iter().sum()), live.len() as u32);
            assert_eq!(tables.owners().tracker.total(), expected, "owners together");
            assert_eq!(tables.sites().total(), expected, "sites together");
            for row in 0..rows as usize {
                assert_eq!(tables.rows[row].tally.size, Size(owners[row]), "owner {row}");
                assert_eq!(tables.sites[row].tally.size, Size(sites[row]), "site {row}");
            }
        }
        assert_eq!(&tables.rows[rows as usize..], behind.0, "behind the owners");
        assert_eq!(&tables.sites[rows as usize..], behind.1, "behind the sites");
    }
}

/// Who held more at each of so many marks in a row.
#[test]
fn growth_is_counted_from_mark_to_mark() {
    let mut random = Random(0x6807);
    let mut tables = Tables::new();
    let mut history = vec![vec![0]; ROWS];
    for tick in 0..if cfg!(miri) { 20 } else { 300 } {
        for (row, held) in history.iter_mut().enumerate() {
            held.push(random.below(6));
            tables.rows[row].tally.size = Size(held[held.len() - 1]);
            tables.sites[row].tally.size = Size(held[held.len() - 1]);
        }
        tables.owners().mark(tick);
        tables.sites().mark();
        for (row, held) in history.iter().enumerate() {
            let growth = held.windows(2).rev().take_while(|two| two[1] > two[0]).count() as u32;
            assert_eq!((tables.rows[row].growth, tables.sites[row].growth), (growth, growth));
        }
    }
}

/// Not of this round of numbers: older than can be told, though the number itself is still to come.
#[test]
fn a_number_of_the_round_before_is_old() {
    for now in 1..if cfg!(miri) { 3 } else { 600 } {
        let first = now - (short(now) - 1); // of this round
        for number in 1..=128 {
            let epoch = first + number - 1;
            let expected = if epoch <= now { epoch } else { 0 };
            assert_eq!(epoch_of(Tag::of(4, number, 0), now), Some(expected), "{number} at {now}");
        }
    }
}

/// As far as beginnings are kept an age lies between two marks; what is older has no upper bound.
#[test]
fn ages_are_told_as_far_as_beginnings_are_kept() {
    let mut random = Random(0xA6E5);
    let mut tables = Tables::new();
    assert_eq!(tables.owners().age(0, 100), (0, None), "before the first mark");
    let mut began = vec![0];
    for now in 1..40u32 {
        let tick = began[began.len() - 1] + 1 + random.below(50);
        assert_eq!(tables.owners().mark(tick), now);
        began.push(tick);
        let later = tick + random.below(50);
        let oldest = now.saturating_sub(TICKS as u32 - 1).max(1);
        for epoch in 0..=now {
            let most = (epoch >= oldest).then(|| later - began[epoch as usize]);
            let end = (epoch + 1).max(oldest);
            let least = if epoch == now { 0 } else { later - began[end as usize] };
            assert_eq!(tables.owners().age(epoch, later), (least, most), "{epoch} of {now}");
        }
    }
}

#[test]
fn rows_stand_for_somebody_once_they_were_given() {
    let mut tables = Tables::new();
    let mut owners = tables.owners();
    for row in 0..ROWS as u32 {
        assert_eq!(owners.is_somebody(row), row < FIRST, "row {row}");
    }
    let (task, ended) = (owners.enrol(0x2000, &name(1)), owners.enrol(0x3000, &name(2)));
    let group = owners.group(&name(3)).expect("there is room");
    owners.end(0x3000);
    for row in 0..ROWS as u32 {
        let given = row < FIRST || [task, ended, group].contains(&row);
        assert_eq!(owners.is_somebody(row), given, "row {row}");
    }
    let names = [task, ended, group].map(|row| owners.faces.get(row).name);
    assert_eq!(names, [1, 2, 3].map(name));
    owners.remember(0x2000, task);
    let book = &owners.tracker.book;
    assert_eq!((book.last_task, book.last_row), (0x2000, task), "found at once");
    owners.end(0x2000);
    let book = &owners.tracker.book;
    assert_eq!((book.last_task, book.last_row), (0, BOOT), "and no longer when it is gone");
}

/// How often each row is one's first choice: all of them, and none much more often than others.
fn spread(rows: std::ops::Range<u32>, chosen: &[u32]) {
    let share = chosen.len() / rows.len();
    for row in rows.clone() {
        let count = chosen.iter().filter(|other| **other == row).count();
        assert!(count > share / 2 && count < share * 2, "row {row}: {count} of {}", chosen.len());
    }
    assert!(chosen.iter().all(|row| rows.contains(row)));
}

/// Looking for a row begins at different ones, or it would take long.
#[test]
#[cfg_attr(miri, ignore = "statistics")]
fn first_choices_are_spread_over_the_table() {
    let mut tables = Tables::new();
    let tasks = (0..1600).map(|number| {
        let row = tables.owners().enrol(0x2000_0000 + 8 * number, &name(0));
        tables.faces[row as usize] = Face::NONE;
        row
    });
    spread(FIRST..ROWS as u32, &tasks.collect::<Vec<_>>());
    tables.book.sites = ROWS as u32;
    let sites = (0..1900).map(|number| {
        let row = tables.sites().row_of(0x800_0000 + 2 * number, 0);
        tables.sites[row as usize] = Site::default();
        row
    });
    spread(1..ROWS as u32, &sites.collect::<Vec<_>>());
}

/// A table of less than ten rows is filled to its last one, whatever the places are; then it says that it is full.
#[test]
fn every_row_of_a_small_table_is_a_site_s() {
    let mut random = Random(0x517E);
    for rows in 2..10u32 {
        for _ in 0..if cfg!(miri) { 1 } else { 50 } {
            let mut tables = Tables::new();
            tables.book.sites = rows;
            let mut sites = tables.sites();
            let mut known: Vec<(usize, u32)> = Vec::new();
            while known.len() + 1 < rows as usize {
                let place = 1 + random.below(8) as usize; // so that texts and addresses meet
                let site = (place, random.below(2));
                if !known.contains(&site) {
                    known.push(site);
                }
            }
            let places = |sites: &mut firmheap::tracker::sites::Sites<'_>| -> Vec<u32> {
                known.iter().map(|(place, is_text)| sites.row_of(*place, *is_text)).collect()
            };
            let found = places(&mut sites);
            let mut sorted = found.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (1..rows).collect::<Vec<_>>(), "each row once");
            assert_eq!(sites.book.sites_refused, 0);
            assert_eq!(sites.row_of(99, 0), OVERFLOW);
            assert_eq!(sites.book.sites_refused, 1);
            assert_eq!(places(&mut sites), found, "the same again");
        }
    }
}

/// No table, a table of the first row alone, and no place: nothing is looked at, and that is no lack of room.
#[test]
fn no_place_is_nobody_s() {
    let mut tables = Tables::new();
    for (rows, place) in [(0, 0x1000), (1, 0x1000), (0, 0), (1, 0), (2, 0), (ROWS as u32, 0)] {
        tables.book.sites = rows;
        assert_eq!(tables.sites().row_of(place, 0), OVERFLOW, "{place:#x} of {rows} rows");
    }
    assert_eq!(tables.book.sites_refused, 0);
    assert!(tables.sites.iter().all(|site| *site == Site::default()));
}
