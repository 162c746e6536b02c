//! The report: the machine, the workload, and a row for each figure.
//!
//! Owns the JSON that programs read. Never rounds a number: that is the table's.

use serde::Serialize;

use crate::figure::{Figure, ReachIs, ReachOf, Unit};
use crate::machine::Machine;
use crate::rounds::Samples;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// With what.
    pub workload: Workload,
    /// What one must know to read it.
    pub notes: Vec<String>,
    /// The figures, in the order of the table.
    pub rows: Vec<Row>,
}

/// What was written.
#[derive(Debug, Serialize)]
pub struct Workload {
    /// The same seed gives the same writes.
    pub seed: u64,
    /// Writes.
    pub items: usize,
    /// In per cent.
    pub mix: Mix,
    /// Bytes of each text.
    pub bytes: usize,
    /// Conversations that messages go to.
    pub conversations: usize,
    /// Posts of others.
    pub feed_posts: usize,
    /// How many writes wait in a long queue.
    pub long_queue: usize,
}

/// In per cent.
#[derive(Debug, Serialize)]
pub struct Mix {
    /// Posts.
    pub posts: u32,
    /// Comments.
    pub comments: u32,
    /// Likes.
    pub likes: u32,
    /// Messages.
    pub messages: u32,
}

/// One figure, measured.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Which.
    pub figure: Figure,
    /// The median; `None` where it cannot be measured here.
    pub value: Option<f64>,
    /// What `value` and `limit` are counted in.
    pub unit: Unit,
    /// The median of what was measured beside it; `None` where there is no such thing.
    pub limit: Option<f64>,
    /// `value` by `limit`.
    pub ratio: Option<f64>,
    /// How far it is to reach.
    pub reach: f64,
    /// Whether it does; `None` where it was not measured.
    pub ok: Option<bool>,
    /// Its line in the table.
    pub line: u8,
    /// What it is, for people.
    pub what: &'static str,
    /// What the limit is, for people.
    pub limit_is: &'static str,
    /// What `reach` is said of.
    pub reach_of: ReachOf,
    /// On which side of it is good.
    pub reach_is: ReachIs,
    /// How often it was measured.
    pub rounds: usize,
    /// The least and the greatest that was measured.
    pub spread: Option<[f64; 2]>,
    /// What one must know to read it.
    pub note: Option<&'static str>,
}

impl Row {
    /// Beside a limit.
    pub(crate) fn beside(figure: Figure, ours: &Samples, limit: &Samples) -> Self {
        Self::new(figure, ours, Some(limit.median()))
    }

    /// Beside nothing.
    pub(crate) fn alone(figure: Figure, ours: &Samples) -> Self {
        Self::new(figure, ours, None)
    }

    /// Not to be had here.
    pub(crate) fn missing(figure: Figure, why: &'static str) -> Self {
        Self {
            note: Some(why),
            ..Self::new(figure, &Samples::default(), None)
        }
    }

    fn new(figure: Figure, ours: &Samples, limit: Option<f64>) -> Self {
        let reach = figure.reach();
        let value = Some(ours.median()).filter(|value| value.is_finite());
        let limit = limit.filter(|limit| limit.is_finite());
        let ratio = value.zip(limit).map(|(value, limit)| value / limit);
        let ratio = ratio.filter(|ratio| ratio.is_finite());
        let number = match reach.of {
            ReachOf::Ratio => ratio,
            ReachOf::Value => value,
        };
        Self {
            figure,
            value,
            unit: figure.unit(),
            limit,
            ratio,
            reach: reach.number,
            ok: number.map(|number| reach.holds(number)),
            line: figure.line(),
            what: figure.what(),
            limit_is: figure.limit_is(),
            reach_of: reach.of,
            reach_is: reach.is,
            rounds: ours.len(),
            spread: value.map(|_| ours.spread()),
            note: None,
        }
    }

    /// What the reach is said of.
    pub fn number(&self) -> Option<f64> {
        match self.reach_of {
            ReachOf::Ratio => self.ratio,
            ReachOf::Value => self.value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_judged_by_what_its_reach_is_said_of() {
        let samples = |sample: f64| std::iter::once(sample).collect::<Samples>();
        let ratio = Row::beside(Figure::EnqueueBulk, &samples(70.0), &samples(100.0));
        assert_eq!((ratio.ratio, ratio.ok), (Some(0.7), Some(true)));
        let value = Row::beside(Figure::DrainRtt50Batches, &samples(2.5), &samples(2.5));
        assert_eq!((value.ratio, value.ok), (Some(1.0), Some(false)));
        let missing = Row::missing(Figure::ScaleMemory, "this system does not tell");
        assert_eq!((missing.value, missing.ok, missing.rounds), (None, None, 0));
    }
}
