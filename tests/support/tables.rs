// SPDX-License-Identifier: MIT
//! The tables of tracker and budgets, as the port file has them.

use firmheap::quota::{Budget, Quota, Shares};
use firmheap::region::Array;
use firmheap::tracker::owners::{Face, Owners, NAME};
use firmheap::tracker::sites::{Site, Sites};
use firmheap::tracker::{Book, Row, Tracker};
use firmheap::units::Size;

pub const ROWS: usize = 20;
pub const SITES: usize = 24;

/// The port file's tables.
pub struct Tables {
    pub book: Book,
    pub rows: Vec<Row>,
    pub faces: Vec<Face>,
    pub sites: Vec<Site>,
    pub shares: Shares,
    pub budgets: Vec<Budget>,
}

impl Tables {
    pub fn new() -> Tables {
        let mut tables = Tables {
            book: Book::default(),
            rows: vec![Row::default(); ROWS],
            faces: vec![Face::NONE; ROWS],
            sites: vec![Site::default(); SITES],
            shares: Shares::default(),
            budgets: vec![Budget::default(); ROWS],
        };
        tables.owners().open(ROWS as u32);
        tables.book.sites = SITES as u32;
        tables
    }

    pub fn owners(&mut self) -> Owners<'_> {
        // SAFETY: as many as the book says.
        unsafe {
            let rows = Array::new(self.rows.as_mut_ptr());
            let faces = Array::new(self.faces.as_mut_ptr());
            Owners { tracker: Tracker { book: &mut self.book, rows }, faces }
        }
    }

    pub fn sites(&mut self) -> Sites<'_> {
        // SAFETY: as many as the book says.
        unsafe { Sites { book: &mut self.book, rows: Array::new(self.sites.as_mut_ptr()) } }
    }

    pub fn quota(&mut self) -> Quota<'_> {
        // SAFETY: as many as there are rows.
        let budgets = unsafe { Array::new(self.budgets.as_mut_ptr()) };
        Quota { shares: &mut self.shares, budgets, slack: Size::ZERO }
    }
}

pub fn name(number: u32) -> [u8; NAME] {
    let mut name = [0; NAME];
    name[..4].copy_from_slice(&number.to_le_bytes());
    name
}
