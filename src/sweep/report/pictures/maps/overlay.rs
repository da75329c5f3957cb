//! What lies over the colours of a map: d_c, what is published of it, glass transitions.

use super::View;
use crate::output::{MapPoints, Mark};
use crate::physics::constants::celsius;
use crate::sweep::critical::Critical;
use crate::sweep::report::pictures::{listed, spoken};

/// Most corners of the line of d_c.
const MOST_CORNERS: usize = 60;

impl View<'_> {
    /// d_c over the temperature, in parts where some temperatures have none.
    pub(super) fn line(&self) -> Vec<Vec<(f64, f64)>> {
        let mut own: Vec<&Critical> = (self.scene.criticals.iter())
            .filter(|one| self.holds(one) && one.conditions[0].is_some())
            .collect();
        let celsius = |one: &Critical| one.conditions[0].unwrap_or(f64::NAN);
        own.sort_by(|a, b| celsius(a).total_cmp(&celsius(b)));
        // Pixels would make a fine line jagged; its ends and its summit are kept.
        let step = own.len().div_ceil(MOST_CORNERS).max(1);
        let height = |one: &Critical| one.equal_volumes.map_or(0.0, |[nm, _]| nm);
        let order = |a: &usize, b: &usize| height(own[*a]).total_cmp(&height(own[*b]));
        let summit = (0..own.len()).max_by(order).unwrap_or(0);
        let mut parts = vec![Vec::new()];
        for (k, one) in own.iter().enumerate() {
            let end = k == 0
                || [k - 1, k + 1].iter().any(|&next| {
                    own.get(next)
                        .is_none_or(|next| next.equal_volumes.is_none())
                });
            match one.equal_volumes {
                Some([nm, _]) if end || k % step == summit % step => {
                    if let Some(part) = parts.last_mut() {
                        part.push((celsius(one), nm));
                    }
                }
                Some(_) => {}
                None => parts.push(Vec::new()),
            }
        }
        parts.retain(|part: &Vec<(f64, f64)>| part.len() > 1);
        parts
    }

    /// Whether a group of points lies in this plane.
    fn holds(&self, one: &Critical) -> bool {
        self.plane.place(&self.scene.plan.rows(one.point)).0 == self.slice
    }

    /// The published points: those for the time of the map as black discs, others as white ones. And what to say of them.
    pub(super) fn stated(&self) -> (Vec<MapPoints>, String) {
        let time_at = |celsius: f64| {
            let mut own = self.scene.criticals.iter();
            let here = |one: &&Critical| one.conditions[0] == Some(celsius) && self.holds(one);
            self.time().or_else(|| own.find(here)?.conditions[2])
        };
        let inside = |edges: &[f64], value: f64| {
            edges.first().is_some_and(|low| *low <= value)
                && edges.last().is_some_and(|high| value <= *high)
        };
        let mut groups =
            [("stated d_c", true), ("stated d_c for other times", false)].map(|(label, filled)| {
                MapPoints {
                    label: label.into(),
                    filled,
                    ..MapPoints::default()
                }
            });
        let mut said = Vec::new();
        for one in self.scene.stated {
            let shown = inside(&self.plane.temperature.edges, one.celsius)
                && inside(&self.plane.diameter.edges, one.diameter);
            if !shown {
                continue;
            }
            let other = time_at(one.celsius) != Some(one.time);
            let group = &mut groups[usize::from(other)];
            group.points.push((one.celsius, one.diameter));
            group.bars.push((
                one.diameter * (1.0 - one.tolerance),
                one.diameter * (1.0 + one.tolerance),
            ));
            let (nm, at) = (spoken(one.diameter), spoken(one.celsius));
            said.push(format!("{nm} nm at {at} °C in {} s", one.time));
        }
        let groups: Vec<MapPoints> = groups
            .into_iter()
            .filter(|g| !g.points.is_empty())
            .collect();
        if groups.is_empty() {
            return (groups, String::new());
        }
        let white = match groups.iter().any(|group| !group.filled) {
            true => {
                " White discs are for other molding times than this map's, as in Fig. 6b, where all stand on one map."
            }
            false => "",
        };
        let text = format!(
            "Discs: d_c = {}; bars: the tolerance to which a reproduction is held, not the paper's error ({}).{white}",
            listed(&said),
            self.scene.source
        );
        (groups, text)
    }

    /// The kinetic glass transitions for the molding time, where the plane has one material and one time.
    pub(super) fn transitions(&self) -> Vec<Mark> {
        let Some(time) = self
            .time()
            .filter(|_| !self.plane.varies(|key| key.starts_with("material.")))
        else {
            return Vec::new();
        };
        let material = &self.first.material;
        let found = [
            ("interface", material.interface_glass_transition(time)),
            ("bulk", Some(material.bulk_glass_transition(time))),
        ];
        let edges = &self.plane.temperature.edges;
        let inside = |at: &f64| edges[0] < *at && *at < edges[edges.len() - 1];
        let marks = found.into_iter().filter_map(|(what, kelvin)| {
            let at = kelvin.map(celsius).filter(inside)?;
            Some(Mark {
                at,
                label: format!("{what} glass transition {at:.0} °C"),
            })
        });
        marks.collect()
    }
}
