// SPDX-License-Identifier: MIT
//! A sheet of paper in pixels, with scales: what the plots are drawn on.

use crate::tool::Outcome;
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, WHITE};
use std::fmt::Display;

pub const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
pub const FAINT: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

/// Which end of a text is at the point named.
pub enum Anchor {
    Start,
    Middle,
    End,
}

pub struct Canvas<'a>(DrawingArea<SVGBackend<'a>, Shift>);

/// Draws on white paper and gives back the SVG.
pub fn draw(size: (u32, u32), paint: impl FnOnce(&Canvas) -> Outcome<()>) -> Outcome<String> {
    let mut svg = String::new();
    let canvas = Canvas(SVGBackend::with_string(&mut svg, size).into_drawing_area());
    canvas.0.fill(&WHITE).map_err(failed)?;
    paint(&canvas)?;
    canvas.0.present().map_err(failed)?;
    drop(canvas);
    Ok(svg)
}

fn failed(why: impl Display) -> String {
    format!("cannot draw: {why}")
}

impl Canvas<'_> {
    pub fn text(&self, at: (i32, i32), size: u32, anchor: Anchor, text: &str) -> Outcome<()> {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = ("sans-serif", size).into_font().color(&INK);
        let style = style.pos(Pos::new(horizontal, VPos::Center));
        self.0.draw(&Text::new(text, at, style)).map_err(failed)
    }

    pub fn line(&self, points: &[(i32, i32)], colour: RGBColor, width: u32) -> Outcome<()> {
        let path = PathElement::new(points.to_vec(), colour.stroke_width(width));
        self.0.draw(&path).map_err(failed)
    }

    pub fn bar(&self, corner: (i32, i32), opposite: (i32, i32), colour: RGBColor) -> Outcome<()> {
        self.0.draw(&Rectangle::new([corner, opposite], colour.filled())).map_err(failed)
    }

    pub fn dot(&self, at: (i32, i32), radius: i32, colour: RGBColor) -> Outcome<()> {
        self.0.draw(&Circle::new(at, radius, WHITE.filled())).map_err(failed)?;
        self.0.draw(&Circle::new(at, radius, colour.stroke_width(2))).map_err(failed)
    }
}

/// From figures to pixels along one axis.
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
    /// Pixels of `low` and `high`.
    pub pixels: (i32, i32),
}

impl Scale {
    /// The pixel of a figure; one beyond the axis must not vanish from the sheet silently.
    pub fn at(&self, value: f64) -> Outcome<i32> {
        if !(self.low..=self.high).contains(&value) {
            let (low, high) = (self.low, self.high);
            return Err(format!("{value} is beyond a plot's axis ({low} to {high}): widen it in benches/driver/src/plots.rs"));
        }
        let place = |x: f64| if self.logarithmic { x.ln() } else { x };
        let share = (place(value) - place(self.low)) / (place(self.high) - place(self.low));
        let (from, to) = self.pixels;
        Ok(from + (share * f64::from(to - from)).round() as i32)
    }
}
