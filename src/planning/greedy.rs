//! The plan: what says most for its cost, again and again.

use super::knowledge::{Derivatives, Knowledge};
use super::laboratory::Candidate;
use super::rivals::Readings;
use super::target::Target;
use rayon::prelude::*;

/// Where a plan ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Most experiments.
    pub count: usize,
    /// Most hours of the press.
    pub hours: f64,
}

/// One experiment of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Index of the candidate.
    pub candidate: usize,
    /// What it says of what is asked for, in bits, when those before it are known.
    pub bits: f64,
    /// Standard deviations of the targets after it, in fitting units.
    pub deviations: Vec<f64>,
    /// What each candidate would have said per hour or cost, in bits.
    pub rates: Vec<f64>,
}

/// Experiments in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Standard deviations of the targets before anything is done, in fitting units.
    pub before: Vec<f64>,
    /// The experiments.
    pub steps: Vec<Step>,
}

/// Most rounds of exchanges.
const ROUNDS: usize = 4;
/// Most experiments that tell two readings apart.
const MOST_APART: usize = 3;
/// Bits by which an exchange has to be better.
const BETTER: f64 = 1e-6;
/// Bits below which an experiment says nothing.
const NOTHING: f64 = 1e-3;

/// A plan for `targets` from what is `known`: of the `candidates` those that say most for their cost, within `limit`. None where something that is asked for is not finite.
pub fn plan(
    known: &Knowledge,
    candidates: &[Candidate],
    targets: &[Target],
    limit: Limit,
    readings: &Readings,
) -> Option<Plan> {
    let derivatives = known.derivatives(targets);
    let within = |used: f64, one: &Candidate| used + one.hours <= limit.hours * (1.0 + 1e-9);
    let mut chosen = Vec::new();
    let mut now = known.clone();
    let mut used = 0.0;
    now.question(&derivatives)?;
    while chosen.len() < limit.count {
        let Some((best, bits)) = best(
            &now,
            candidates,
            &derivatives,
            |one| within(used, one),
            true,
        ) else {
            break;
        };
        if bits < NOTHING {
            break;
        }
        now.learn(&candidates[best].says);
        used += candidates[best].hours;
        chosen.push(best);
    }
    exchange(known, candidates, &derivatives, &mut chosen);
    for _ in 0..MOST_APART {
        let hours: f64 = chosen.iter().map(|&index| candidates[index].hours).sum();
        let Some(&last) = chosen.last() else { break };
        let full = chosen.len() >= limit.count || !candidates.iter().any(|one| within(hours, one));
        let left = if full {
            hours - candidates[last].hours
        } else {
            hours
        };
        let possible = |one: &Candidate| within(left, one);
        let Some(other) = readings.tells_apart(known, candidates, &chosen, possible) else {
            break;
        };
        if full {
            chosen.pop();
        }
        chosen.push(other);
        // Another one that has to go makes place before those that tell readings apart.
        chosen.rotate_right(1);
    }
    Some(in_order(known, candidates, &derivatives, chosen))
}

/// The candidate that says most, per cost or at all, among those that are `possible`, and what it says in bits.
fn best(
    now: &Knowledge,
    candidates: &[Candidate],
    derivatives: &Derivatives,
    possible: impl Fn(&Candidate) -> bool + Sync,
    per_cost: bool,
) -> Option<(usize, f64)> {
    let question = now.question(derivatives)?;
    let rated = candidates.par_iter().enumerate();
    rated
        .filter(|(_, one)| possible(one))
        .map(|(index, one)| {
            let bits = now.information(&one.says, &question);
            let rate = if per_cost { bits / one.cost } else { bits };
            (index, bits, rate)
        })
        .max_by(|a, b| a.2.total_cmp(&b.2).then(b.0.cmp(&a.0)))
        .map(|(index, bits, _)| (index, bits))
}

/// What is known after these experiments but for one.
fn without(
    known: &Knowledge,
    candidates: &[Candidate],
    chosen: &[usize],
    left_out: Option<usize>,
) -> Knowledge {
    let mut now = known.clone();
    for (place, &index) in chosen.iter().enumerate() {
        if Some(place) != left_out {
            now.learn(&candidates[index].says);
        }
    }
    now
}

/// Exchanges single experiments for others that cost no more and say more.
fn exchange(
    known: &Knowledge,
    candidates: &[Candidate],
    derivatives: &Derivatives,
    chosen: &mut [usize],
) {
    for _ in 0..ROUNDS {
        let mut moved = false;
        for place in 0..chosen.len() {
            let now = without(known, candidates, chosen, Some(place));
            let old = &candidates[chosen[place]];
            let possible = |one: &Candidate| one.cost <= old.cost && one.hours <= old.hours;
            let (Some((found, bits)), Some(question)) = (
                best(&now, candidates, derivatives, possible, false),
                now.question(derivatives),
            ) else {
                continue;
            };
            if bits > now.information(&old.says, &question) + BETTER {
                chosen[place] = found;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
}

/// The chosen experiments, what says most for its cost first.
fn in_order(
    known: &Knowledge,
    candidates: &[Candidate],
    derivatives: &Derivatives,
    mut left: Vec<usize>,
) -> Plan {
    let mut now = known.clone();
    let before = now.deviations(derivatives);
    let mut steps = Vec::new();
    while !left.is_empty() {
        let Some(question) = now.question(derivatives) else {
            break;
        };
        let bits: Vec<f64> = candidates
            .par_iter()
            .map(|one| now.information(&one.says, &question))
            .collect();
        let rate = |index: usize| bits[index] / candidates[index].cost;
        let first = (0..left.len()).max_by(|&a, &b| rate(left[a]).total_cmp(&rate(left[b])));
        let Some(first) = first else { break };
        let index = left.remove(first);
        now.learn(&candidates[index].says);
        steps.push(Step {
            candidate: index,
            bits: bits[index],
            deviations: now.deviations(derivatives),
            rates: (0..candidates.len()).map(rate).collect(),
        });
    }
    Plan { before, steps }
}
