// SPDX-License-Identifier: MIT
//! What each layout says of a block and of its neighbours, whoever wrote it last, and what it does not believe.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{
    Checked, Compact, Guard, Layout, Opened, Paired, Slim, Tag, Tagged, Unchecked, Wide,
};
use firmheap::region::{Span, Window};
use firmheap::units::{At, Size, GRANULE};
use std::cell::Cell;
use std::marker::PhantomData;
use support::Arena;

/// A region and its layout; every question is asked of it, whatever its level asks in a heap.
struct Scene<L, G> {
    space: Window,
    span: Span,
    /// The smallest block, and what is left of the region behind it.
    least: Size,
    rest: Size,
    kind: PhantomData<(L, G)>,
}

impl<L: Layout, G: Guard> Scene<L, G> {
    /// One free block.
    fn of(arena: &mut Arena<L, G>) -> Self {
        let heap = arena.heap();
        let (space, span) = (heap.space, heap.control.first);
        let (least, whole) = (L::BLOCK_MIN, span.size());
        Scene { space, span, least, rest: whole - least, kind: PhantomData }
    }
    fn start(&self) -> At {
        self.span.start
    }
    /// Where the second of two blocks begins.
    fn second(&self) -> At {
        self.start().right(self.least)
    }
    /// Two blocks: the smallest used, the rest free.
    fn cut(&self) {
        L::lay_out(self.space, self.span);
        let second = L::take_part(self.space, self.start(), self.least, self.rest, self.span.end());
        assert_eq!(second, self.second());
    }
    /// Both used.
    fn used(&self) {
        self.cut();
        L::take_whole(self.space, self.second(), self.rest, self.span.end());
    }
    fn open(&self, block: At) -> L::Opened {
        L::open_used::<_, G>(self.space, block, self.span).expect("used")
    }
    /// The first is given back.
    fn free_first(&self) {
        let opened = self.open(self.start());
        L::tell_right(self.space, &opened);
        L::make_free(self.space, self.start(), self.least, self.second());
    }
    /// All that is stored agrees, and this is what stands there.
    fn expect(&self, blocks: &[(At, Size, bool)]) {
        let mut left = None;
        for (block, size, used) in blocks.iter().copied() {
            assert_eq!((L::size(self.space, block), L::is_used(self.space, block)), (size, used));
            assert!(L::agrees(self.space, block, left), "{block:?}");
            if !used {
                assert_eq!(L::free_size(self.space, block), size);
                assert!(L::free_agrees(self.space, size, block.right(size)));
                assert!(!L::free_agrees(self.space, size - Size(2), block.right(size)));
            }
            self.expect_notes(block, left);
            left = Some(block);
        }
        let end = self.span.end();
        assert!(L::is_used(self.space, end) && L::agrees(self.space, end, left));
        self.expect_notes(end, left);
    }
    /// A report says of a block what its right neighbour should say.
    fn expect_notes(&self, block: At, left: Option<At>) {
        let expected = left.map_or(0, |left| L::note_for_right(self.space, left));
        assert_eq!(L::left_note(self.space, block), expected);
    }
    fn two(&self, first_used: bool, second_used: bool) {
        self.expect(&[
            (self.start(), self.least, first_used),
            (self.second(), self.rest, second_used),
        ]);
    }
}

/// A region of 64 granules.
fn with_scene<L: Layout, G: Guard>(play: impl Fn(&Scene<L, G>)) {
    let mut arena = Arena::<L, G>::with_region(64 * GRANULE as usize);
    play(&Scene::of(&mut arena));
}

fn what_was_written_is_answered<L: Layout, G: Guard>() {
    with_scene::<L, G>(|scene| {
        let (space, end) = (scene.space, scene.span.end());
        scene.expect(&[(scene.start(), scene.span.size(), false)]);
        scene.cut();
        scene.two(true, false);
        scene.used();
        scene.two(true, true);
        assert!(!L::restore(space, scene.second(), scene.least), "it was not retired");
        let second = scene.open(scene.second());
        assert_eq!((second.size(), second.right(), second.right_free()), (scene.rest, end, None));
        assert_eq!(second.left_free(space, scene.second()), None);
        assert!(second.left_used_agrees(space, scene.second(), scene.span));
        scene.free_first();
        scene.two(false, true);
        let second = scene.open(scene.second());
        assert_eq!(second.left_free(space, scene.second()), Some(scene.least));
        assert!(second.left_free_agrees(space, scene.start(), scene.least));
        scene.cut();
        let first = scene.open(scene.start());
        assert_eq!((first.size(), first.right()), (scene.least, scene.second()));
        assert_eq!(first.right_free(), Some(scene.rest));
    });
}

fn a_used_block_is_written_at_once<L: Layout, G: Guard>() {
    with_scene::<L, G>(|scene| {
        let (space, end) = (scene.space, scene.span.end());
        let rest = L::set_used(space, scene.start(), scene.least, false, scene.rest, end);
        assert_eq!(rest, scene.second());
        scene.two(true, false);
        let right = L::set_used(space, scene.second(), scene.rest, false, Size::ZERO, end);
        assert_eq!(right, end);
        scene.two(true, true);
        scene.free_first();
        L::set_used(space, scene.second(), scene.rest, true, Size::ZERO, end);
        L::make_free(space, scene.start(), scene.least, scene.second());
        scene.two(false, true);
    });
}

fn a_tag_goes_with_its_block<L: Layout, G: Guard>() {
    with_scene::<L, G>(|scene| {
        scene.used();
        let tag = Tag::of(3, 5, 7);
        L::set_tag(scene.space, scene.start(), tag);
        L::set_tag(scene.space, scene.second(), Tag::of(1, 1, 1));
        L::carry_over(scene.space, scene.start(), scene.second());
        let expected = if L::IS_TAGGED { tag } else { Tag::NONE };
        assert_eq!(L::tag(scene.space, scene.second()), expected);
        assert_eq!(L::tag(scene.space, scene.start()), expected);
        scene.two(true, true);
    });
}

fn sizes_end_where_memory_does<L: Layout, G: Guard>() {
    with_scene::<L, G>(|scene| {
        let (size, end) = (scene.span.size(), scene.span.end());
        assert!(L::ends_below(size, scene.start(), end, end));
        assert!(!L::ends_below(size, scene.start(), end, end.minus(GRANULE)));
    });
}

/// The first block's size was damaged after it was freed: who reads the copy finds out.
fn another_size_is_not_believed<L: Layout, G: Guard>() {
    with_scene::<L, G>(|scene| {
        scene.used();
        scene.free_first();
        // The same block with another size, whose copy is written elsewhere.
        L::make_free(scene.space, scene.start(), scene.least + Size(2), scene.span.end());
        assert!(!L::agrees(scene.space, scene.second(), Some(scene.start())));
    });
}

/// What only a layout with both sizes in each header can tell.
fn both_sizes_are_compared<L: Layout>() {
    with_scene::<L, Checked>(|scene| {
        let space = scene.space;
        scene.cut();
        let asked = Cell::new(At::NONE);
        assert!(L::left_is_used(space, scene.second(), |at| {
            asked.set(at);
            true
        }));
        assert_eq!(asked.get(), scene.start());
        assert!(!L::left_is_used(space, scene.second(), |_| false));
        assert!(L::left_is_used(space, scene.start(), |_| false), "there is none");

        // A block that was absorbed is nobody's neighbour, until that is undone.
        L::retire(space, scene.second(), scene.rest);
        assert!(!L::agrees(space, scene.second(), Some(scene.start())));
        assert!(L::open_used::<_, Checked>(space, scene.start(), scene.span).is_none());
        assert!(L::restore(space, scene.second(), scene.least));
        scene.two(true, false);
        assert!(!L::restore(space, scene.second(), scene.least), "it is not retired");
        scene.two(true, false);

        scene.used();
        scene.free_first();
        assert!(L::open_used::<_, Checked>(space, scene.start(), scene.span).is_none(), "free");
        assert!(!L::left_is_used(space, scene.second(), |_| true));
        let second = scene.open(scene.second());
        assert!(!second.left_free_agrees(space, scene.start(), scene.least + Size(2)));
        assert!(!second.left_used_agrees(space, scene.second(), scene.span));
    });
}

/// A used right neighbour is confirmed by what follows it.
fn the_next_but_one_is_asked<L: Layout>() {
    with_scene::<L, Checked>(|scene| {
        let (space, end) = (scene.space, scene.span.end());
        let confirmed = |block| scene.open(block).right_used_agrees(space, scene.span);
        scene.used();
        assert!(confirmed(scene.start()) && confirmed(scene.second()));
        // The end mark tells of a block of another size.
        L::make_free(space, scene.start(), scene.least, end);
        L::take_whole(space, scene.start(), scene.least, scene.second());
        assert!(!confirmed(scene.start()));
        // The end mark has a size.
        scene.used();
        L::take_whole(space, end, scene.least, scene.span.start);
        L::take_whole(space, scene.start(), scene.least, scene.second());
        assert!(!confirmed(scene.second()) && confirmed(scene.start()));
    });
}

macro_rules! layouts {
    ($($name:ident: $layout:ty, $guard:ty;)*) => { $(
        #[test]
        fn $name() {
            what_was_written_is_answered::<$layout, $guard>();
            a_used_block_is_written_at_once::<$layout, $guard>();
            a_tag_goes_with_its_block::<$layout, $guard>();
            sizes_end_where_memory_does::<$layout, $guard>();
            another_size_is_not_believed::<$layout, $guard>();
        }
    )* };
}

layouts! {
    slim: Slim<Compact>, Unchecked;
    slim_wide: Slim<Wide>, Unchecked;
    paired: Paired<Compact>, Checked;
    paired_wide: Paired<Wide>, Checked;
    tagged_slim: Tagged<Slim<Compact>>, Unchecked;
    tagged_slim_wide: Tagged<Slim<Wide>>, Unchecked;
    tagged_paired: Tagged<Paired<Compact>>, Checked;
    tagged_paired_wide: Tagged<Paired<Wide>>, Checked;
}

#[test]
fn what_pairs_can_tell() {
    both_sizes_are_compared::<Paired<Compact>>();
    both_sizes_are_compared::<Paired<Wide>>();
    both_sizes_are_compared::<Tagged<Paired<Compact>>>();
    both_sizes_are_compared::<Tagged<Paired<Wide>>>();
    the_next_but_one_is_asked::<Paired<Compact>>();
    the_next_but_one_is_asked::<Paired<Wide>>();
    the_next_but_one_is_asked::<Tagged<Paired<Compact>>>();
    the_next_but_one_is_asked::<Tagged<Paired<Wide>>>();
}
