//! The moments at which a process is killed: counts of what happened, drawn from a seed. No clock takes part.

use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::play::WRITES_IN_A_LIFE;
use crate::rig::proxy::Point;

/// When a client is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    /// As soon as it runs, while it opens its database.
    Started,
    /// When it has been told of so many writes, whatever it has done about them.
    Ordered(u64),
    /// When it has acknowledged so many.
    Acknowledged(u64),
    /// When so many of its requests have passed a point, and the next one is there.
    At(Point, u64),
}

impl Moment {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        match random.random_range(0..20) {
            0..2 => Self::Started,
            2..6 => Self::Ordered(random.random_range(1..=WRITES_IN_A_LIFE)),
            6..12 => Self::Acknowledged(random.random_range(1..=WRITES_IN_A_LIFE)),
            _ => Self::At(draw_point(random), random.random_range(0..12)),
        }
    }
}

pub(crate) fn draw_point(random: &mut StdRng) -> Point {
    match random.random_range(0..4) {
        0 => Point::Arrived,
        1 => Point::Forwarded,
        2 => Point::Answered,
        _ => Point::Told,
    }
}
