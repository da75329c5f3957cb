//! The last cell of the curve to the wall, which the grid does not resolve.

use super::{Curve, Piece, STEEPEST};
use glam::DVec2;

/// Exponent of the law by which a surface that rolls leaves the wall.
const INVERSE: f64 = 1.5;

/// Nodes along the gap.
const CLOSING: usize = 12;

/// How the curve goes on through the gap at the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The liquid sticks to the wall, and the front rolls onto it: it leaves the wall like 1 − r ∝ (z − z_c)^{3/2}, the law
    /// between a wall without slip and a surface without stress at 180°.
    Rolls,
    /// The contact line slides: the curve keeps the curvature with which it enters the gap. What is left to the contact angle
    /// is turned within less than a cell and pulls at the line ([`super::capillary`]).
    Slides,
}

impl Curve {
    /// Adds the piece through the gap to a line that is free to move.
    pub(super) fn close(&mut self) {
        let gap = self.modes.gap;
        let from = self.end_of_modes();
        match self.closing {
            Closing::Rolls => self.push(self.rolled(INVERSE * gap * from.tan())),
            Closing::Slides => {
                // Over a few gaps: the derivative at the end of a polynomial is its least certain number.
                let back = self.modes.back;
                let bend =
                    (from - self.angle[back]) / (self.arc[self.arc.len() - 1] - self.arc[back]);
                // On an arc of a circle sin α is linear in r.
                let steepest = STEEPEST.sin();
                let to = (from.sin() + bend * gap).clamp(-steepest, steepest).asin();
                self.push(self.arched(to));
            }
        }
    }

    /// Adds the piece through the gap, which falls by `fall`, to a line that the edge of the mouth holds: the surface meets the edge at
    /// whatever angle its volume asks for, until it is one at which the line gets off. A line that rolls does so when the surface has
    /// turned to the wall, so the arc goes over to the rolling gap as `fall` comes up to that of the latter. It does so with the square,
    /// which leaves a cap one: an arc's fall exceeds the straight line's by a share of the order of a cell.
    pub(super) fn close_at_edge(&mut self, fall: f64) {
        let gap = self.modes.gap;
        let from = self.end_of_modes();
        let arched = self.arched(2.0 * (fall / gap).atan() - from);
        let straight = gap * from.tan();
        if self.closing == Closing::Slides || fall <= straight || straight <= 0.0 {
            return self.push(arched);
        }
        let share = ((fall / straight - 1.0) / (INVERSE - 1.0)).min(1.0).powi(2);
        let mix = |a: [DVec2; 2], b: [DVec2; 2]| [0, 1].map(|k| a[k].lerp(b[k], share));
        let rolled = self.rolled(fall);
        self.push(std::array::from_fn(|k| Piece {
            ends: mix(arched[k].ends, rolled[k].ends),
            slopes: mix(arched[k].slopes, rolled[k].slopes),
        }));
    }

    /// A gap that falls by `fall` and meets the wall in a tangent: 1 − r = gap·v^{3/2} at the share v of the fall.
    fn rolled(&self, fall: f64) -> [Piece; CLOSING] {
        let (gap, start) = (self.modes.gap, self.last().ends[1]);
        let at = |v: f64| DVec2::new(1.0 - gap * v.powf(INVERSE), start.y - fall * (1.0 - v));
        let slope = |v: f64| DVec2::new(-gap * INVERSE * v.sqrt(), fall);
        std::array::from_fn(|k| {
            let v = [k, k + 1].map(|k| 1.0 - k as f64 / CLOSING as f64);
            Piece {
                ends: v.map(at),
                slopes: v.map(|v| slope(v) * -(1.0 / CLOSING as f64)),
            }
        })
    }

    /// A gap in which the curve turns to the angle `to` on an arc of a circle.
    fn arched(&self, to: f64) -> [Piece; CLOSING] {
        let (gap, from) = (self.modes.gap, self.end_of_modes());
        // Its chord has the mean of both angles.
        let turn = to - from;
        let chord = gap / (0.5 * (from + to)).cos();
        let half = 0.5 * turn;
        let length = if half.abs() < 1e-6 {
            chord
        } else {
            chord * half / half.sin()
        };
        let mut point = self.last().ends[1];
        std::array::from_fn(|k| {
            let angles = [k, k + 1].map(|k| from + turn * k as f64 / CLOSING as f64);
            let middle = 0.5 * (angles[0] + angles[1]);
            let next = point
                + chord_of(length / CLOSING as f64, turn / CLOSING as f64)
                    * DVec2::from_angle(-middle);
            let piece = Piece {
                ends: [point, next],
                slopes: angles.map(|a| length / CLOSING as f64 * DVec2::from_angle(-a)),
            };
            point = next;
            piece
        })
    }

    /// Adds the pieces of the gap.
    fn push(&mut self, pieces: [Piece; CLOSING]) {
        for piece in pieces {
            let length = piece.ends[0].distance(piece.ends[1]);
            self.arc.push(self.arc[self.arc.len() - 1] + length);
            self.angle.push(-piece.slopes[1].to_angle());
            self.pieces.push(piece);
        }
    }
}

/// Chord of an arc of this length that turns by `turn`.
fn chord_of(length: f64, turn: f64) -> f64 {
    let half = 0.5 * turn;
    if half.abs() < 1e-6 {
        length
    } else {
        length * half.sin() / half
    }
}
