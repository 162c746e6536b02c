//! Rounds: what is measured in turns, and the median of it.
//!
//! Owns the statistics. A ratio is that of two medians of the same rounds: what disturbs one round disturbs both sides of it. Never measures.

use std::time::{Duration, Instant};

/// At least so many rounds, wherever a round is short enough.
pub(crate) const ROUNDS: usize = 5;

/// The same thing, measured several times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, sample: f64) {
        self.0.push(sample);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The middle one; of an even number the mean of the middle two.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            count if count % 2 == 1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// The least and the greatest.
    pub(crate) fn spread(&self) -> [f64; 2] {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [least, greatest]
    }

    /// Round by round the sum of both.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(one, other)| one + other)
                .collect(),
        )
    }

    /// Round by round what it is more than the other.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(one, other)| one - other)
                .collect(),
        )
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(samples: I) -> Self {
        Self(samples.into_iter().collect())
    }
}

/// Something that took so long, on the clock and of the processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub(crate) time: Duration,
    /// Of this process. `None` where the system does not tell.
    pub(crate) cpu: Option<Duration>,
}

impl Took {
    pub(crate) fn seconds(self) -> f64 {
        self.time.as_secs_f64()
    }

    /// So many items took it.
    pub(crate) fn rate(self, items: usize) -> f64 {
        items as f64 / self.seconds().max(f64::MIN_POSITIVE)
    }
}

/// Measures what happens until [`Stopwatch::stop`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    began: Instant,
    cpu: Option<Duration>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            cpu: cpu_time(),
            began: Instant::now(),
        }
    }

    pub(crate) fn stop(self) -> Took {
        let time = self.began.elapsed();
        let cpu = cpu_time()
            .zip(self.cpu)
            .map(|(after, before)| after.saturating_sub(before));
        Took { time, cpu }
    }
}

/// The processor's time that this process has had so far, all threads together, in and out of the kernel.
#[cfg(unix)]
fn cpu_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(spent.tv_sec).ok()?;
    let nanos = u32::try_from(spent.tv_nsec).ok()?;
    Some(Duration::new(seconds, nanos))
}

#[cfg(not(unix))]
fn cpu_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let median = |samples: &[f64]| samples.iter().copied().collect::<Samples>().median();
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }
}
