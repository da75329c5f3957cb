//! What is to be said of a case that may run.

use super::{CompositionModel, LoadedCase};
use crate::physics::constants::celsius;

impl LoadedCase {
    /// What is to be said of this case before it runs: laws that are extrapolated, and what its material does not tell.
    pub fn warnings(&self) -> Vec<String> {
        let (low, high) = self.case.temperature().range();
        let extrapolations = self.material.extrapolations_between(low, high);
        let mut warnings: Vec<String> = extrapolations.iter().map(ToString::to_string).collect();
        if self.case.composition.model == CompositionModel::Elements {
            warnings.extend(self.unknown_of_elements());
        }
        warnings.extend(self.heating());
        warnings
    }

    /// What `composition.model = "elements"` cannot tell of this material.
    fn unknown_of_elements(&self) -> Vec<String> {
        let name = &self.material.name;
        let mut unknown = Vec::new();
        if self.material.elements_diffuse_alike() {
            unknown.push(format!(
                "the composition does not change because {name} has no relative diffusivities of its elements ([interface.relative_diffusivity]): that is no prediction"
            ));
        }
        if self.material.crystallisation.is_none() {
            unknown.push(format!(
                "nothing is said of crystallinity, since {name} has no [crystallisation]"
            ));
        }
        unknown
    }

    /// What a heating ramp asks for: without a fictive temperature the structure is taken to follow at once.
    fn heating(&self) -> Option<String> {
        if self.material.viscosity.fictive.is_some() {
            return None;
        }
        let schedule = self.case.temperature();
        let mut pairs = schedule.knots().windows(2);
        pairs.find_map(|pair| {
            let [[from, cold], [to, hot]] = [pair[0], pair[1]];
            // The structure of the colder end takes longer to follow than the ramp lasts.
            let lags = hot > cold && self.material.bulk_relaxation_time(cold) > to - from;
            lags.then(|| {
                format!(
                    "from {from} s on the alloy is heated from {:.0} to {:.0} °C faster than its structure follows, but the material has no `viscosity.fictive`: \
                     the viscosity is that of a structure that follows at once. It matters: lengths of 158 and 82 nm were found without and with it for one ramp from 250 to 337 °C",
                    celsius(cold),
                    celsius(hot)
                )
            })
        })
    }
}
