//! The rules of a file's viscosity.

use super::{Viscosity, ViscosityLaw};
use crate::materials::Quantity;
use crate::materials::quantity::{require_not_negative, require_positive};
use crate::physics::{Violation, constants};

/// Largest accepted activation volume of shear in Å³: a hundred times what is found for metallic glasses.
const LARGEST_VOLUME_A3: f64 = 2e4;

impl Viscosity {
    /// Every number of a law with its key, and the laws that it belongs to.
    fn numbers(&self) -> [(&'static str, &Option<Quantity>, &'static [ViscosityLaw]); 9] {
        use ViscosityLaw::{Arrhenius, CohenGrest, Myega, Vft};
        const REFERENCED: &[ViscosityLaw] = &[Vft, Arrhenius, Myega, CohenGrest];
        [
            ("T_reference_C", &self.T_reference_C, REFERENCED),
            ("eta_reference_Pa_s", &self.eta_reference_Pa_s, REFERENCED),
            ("D_star", &self.D_star, &[Vft]),
            ("T_0_K", &self.T_0_K, &[Vft, CohenGrest]),
            ("E_liquid_eV", &self.E_liquid_eV, &[Arrhenius]),
            ("eta_infinite_Pa_s", &self.eta_infinite_Pa_s, &[Myega]),
            ("fragility", &self.fragility, &[Myega]),
            ("B_K", &self.B_K, &[CohenGrest]),
            ("C_K", &self.C_K, &[CohenGrest]),
        ]
    }

    /// True if a number that the law of the liquid needs is marked as assumed.
    pub fn is_assumed(&self) -> bool {
        let numbers = self.numbers();
        let mut given = numbers.iter().filter_map(|(_, number, _)| number.as_ref());
        let table = self.table.as_ref().map(|table| table.provenance);
        given.any(Quantity::is_assumed) || table.is_some_and(|one| one.is_assumed())
    }

    /// Every rule that is broken; keys relative to the material.
    pub(in crate::materials) fn check(
        &self,
        glass_transition_celsius: f64,
        found: &mut Vec<Violation>,
    ) {
        self.check_keys(found);
        for (key, number, _) in self.numbers() {
            if let Some(number) = number.as_ref().filter(|_| key != "T_reference_C") {
                require_positive(found, &format!("viscosity.{key}"), number);
            }
        }
        if let Some(energy) = &self.E_glass_eV {
            require_positive(found, "viscosity.E_glass_eV", energy);
        }
        if let Some(rise) = &self.T_g_rise_K_per_GPa {
            require_not_negative(found, "viscosity.T_g_rise_K_per_GPa", rise);
        }
        self.check_volume(found);
        match self.law {
            ViscosityLaw::Vft => self.check_vft(glass_transition_celsius, found),
            ViscosityLaw::Myega => self.check_myega(found),
            ViscosityLaw::Table => self.check_table(found),
            ViscosityLaw::Arrhenius | ViscosityLaw::CohenGrest => {}
        }
        self.check_fictive(found);
    }

    /// The law has its numbers and no others.
    fn check_keys(&self, found: &mut Vec<Violation>) {
        let law = self.law;
        let numbers = self.numbers();
        let mut needs: Vec<&str> = numbers
            .iter()
            .filter(|(_, _, laws)| laws.contains(&law))
            .map(|(key, ..)| *key)
            .collect();
        if law == ViscosityLaw::Table {
            needs = vec!["table"];
        }
        let given = numbers
            .iter()
            .map(|(key, number, _)| (*key, number.is_some()))
            .chain([("table", self.table.is_some())]);
        for (key, is_given) in given {
            let (reason, place) = match (needs.contains(&key), is_given) {
                (true, false) => (
                    format!("the {} law needs `{key}`", law.name()),
                    "viscosity".to_owned(),
                ),
                (false, true) => (
                    format!("`{key}` does not belong to the {} law", law.name()),
                    format!("viscosity.{key}"),
                ),
                _ => continue,
            };
            let remedy = format!("`law = \"{}\"` takes {}", law.name(), needs.join(", "));
            found.push(Violation::new(place, reason, remedy));
        }
    }

    fn check_volume(&self, found: &mut Vec<Violation>) {
        let Some(volume) = &self.shear_activation_volume_A3 else {
            if !self.rheology.is_newtonian() {
                found.push(Violation::new(
                    "viscosity.rheology",
                    "Eyring's law needs the activation volume of shear".to_owned(),
                    "`shear_activation_volume_A3 = { value = …, provenance = … }`, or `rheology = \"newtonian\"`",
                ));
            }
            return;
        };
        require_positive(found, "viscosity.shear_activation_volume_A3", volume);
        if volume.value > LARGEST_VOLUME_A3 {
            found.push(Violation::new(
                "viscosity.shear_activation_volume_A3.value",
                format!(
                    "an activation volume of {} Å³ is that of thousands of atoms",
                    volume.value
                ),
                "a volume in Å³ (1 nm³ = 1000 Å³); metallic glasses: some 100 to 200",
            ));
        }
    }

    fn check_vft(&self, glass_transition_celsius: f64, found: &mut Vec<Violation>) {
        let Some(t_0) = self.T_0_K.as_ref().map(|t_0| t_0.value) else {
            return;
        };
        let reference = self.T_reference_C.as_ref().map(|one| one.value);
        for (key, celsius) in [
            ("T_g_C", Some(glass_transition_celsius)),
            ("viscosity.T_reference_C", reference),
        ] {
            let Some(celsius) = celsius else { continue };
            let kelvin = constants::kelvin(celsius);
            if kelvin <= t_0 {
                found.push(Violation::new(
                    "viscosity.T_0_K.value",
                    format!("the VFT law diverges at T_0 = {t_0} K, which is not below `{key}` = {celsius} °C"),
                    format!("T_0 below {kelvin} K; mind that T_0 is in K"),
                ));
            }
        }
    }

    fn check_myega(&self, found: &mut Vec<Violation>) {
        let (Some(reference), Some(infinite), Some(fragility)) = (
            &self.eta_reference_Pa_s,
            &self.eta_infinite_Pa_s,
            &self.fragility,
        ) else {
            return;
        };
        let decades = (reference.value / infinite.value).log10();
        if decades <= 0.0 {
            found.push(Violation::new(
                "viscosity.eta_infinite_Pa_s.value",
                format!("a liquid of {} Pa·s at infinite temperature would be no thinner than at the reference temperature", infinite.value),
                format!("below {} Pa·s; 1e-5 to 1e-2 is usual", reference.value),
            ));
        } else if fragility.value < decades {
            found.push(Violation::new(
                "viscosity.fragility.value",
                format!("a fragility of {} is below that of an Arrhenius liquid, {decades:.1}: the law would bend the other way", fragility.value),
                format!("{decades:.1} or more, the decades between eta_infinite and eta_reference"),
            ));
        }
    }

    fn check_table(&self, found: &mut Vec<Violation>) {
        let Some(table) = &self.table else { return };
        let points = &table.points;
        let mut refuse = |place: String, reason: String, remedy: &str| {
            found.push(Violation::new(place, reason, remedy));
        };
        if points.len() < 2 {
            refuse(
                "viscosity.table.points".to_owned(),
                format!("a law is not fixed by {} points", points.len()),
                "two or more entries [temperature in °C, viscosity in Pa·s]",
            );
        }
        for (k, [celsius, eta]) in points.iter().enumerate() {
            if *celsius <= -constants::ZERO_CELSIUS || *eta <= 0.0 {
                refuse(
                    format!("viscosity.table.points.{k}"),
                    format!("{eta} Pa·s at {celsius} °C does not exist"),
                    "entries [temperature in °C, positive viscosity in Pa·s]",
                );
            }
        }
        for (k, pair) in points.windows(2).enumerate() {
            let [[t, eta], [next, after]] = [pair[0], pair[1]];
            let place = format!("viscosity.table.points.{}", k + 1);
            if next <= t {
                refuse(
                    place,
                    format!("the temperatures do not increase: {t} °C is followed by {next} °C"),
                    "entries in the order of their temperatures, each temperature once",
                );
            } else if after >= eta {
                refuse(
                    place,
                    format!(
                        "the viscosity does not fall with temperature: {eta} Pa·s at {t} °C is followed by {after} Pa·s at {next} °C"
                    ),
                    "viscosities of the liquid in equilibrium, before it crystallises; leave out what scatters",
                );
            }
        }
    }

    fn check_fictive(&self, found: &mut Vec<Violation>) {
        let Some(fictive) = &self.fictive else {
            return;
        };
        if self.E_glass_eV.is_none() {
            found.push(Violation::new(
                "viscosity.fictive",
                "how a structure that is out of equilibrium flows is not known without `E_glass_eV`",
                "the activation energy of the glass, `viscosity.E_glass_eV`",
            ));
        }
        let beta = fictive.beta.value;
        if !(beta > 0.0 && beta <= 1.0) {
            found.push(Violation::new(
                "viscosity.fictive.beta.value",
                format!("a Kohlrausch exponent of {beta} does not exist"),
                "above 0, up to 1 (a single relaxation time); metallic glasses: about 0.5 to 0.8",
            ));
        }
        let lowest = constants::celsius(self.divergence());
        if let Some(start) = &fictive.T_start_C
            && start.value <= lowest
        {
            found.push(Violation::new(
                "viscosity.fictive.T_start_C.value",
                format!(
                    "a fictive temperature of {} °C is not above T_0",
                    start.value
                ),
                format!("above {lowest} °C"),
            ));
        }
    }
}
