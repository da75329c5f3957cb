//! The numbers of a material that can be fitted, and fitting them.

use super::least_squares::{Fit, FitError, Parameter, minimise};
use crate::materials::{Material, Quantity};

/// A number of a material that can be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Dotted key in the material file.
    pub path: &'static str,
    /// Symbol, for messages.
    pub symbol: &'static str,
    /// Fitted as its logarithm.
    pub logarithmic: bool,
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Eta,
    Strength,
    Divergence,
    Glass,
    Relaxation,
    InterfaceD,
    InterfaceQ,
    BulkD,
    BulkQ,
}

const fn key(path: &'static str, symbol: &'static str, logarithmic: bool, access: Access) -> Key {
    Key {
        path,
        symbol,
        logarithmic,
        access,
    }
}

/// Viscosity at the reference temperature.
pub const ETA: Key = key("viscosity.eta_reference_Pa_s", "η_ref", true, Access::Eta);
/// Strength D* of the VFT law.
pub const D_STAR: Key = key("viscosity.D_star", "D*", false, Access::Strength);
/// VFT temperature.
pub const T_0: Key = key("viscosity.T_0_K", "T_0", false, Access::Divergence);
/// Activation energy of the glass.
pub const E_GLASS: Key = key("viscosity.E_glass_eV", "E_glass", false, Access::Glass);
/// Relaxation time at T_g, which places the kinetic glass transition.
pub const TAU_G: Key = key("relaxation.tau_g_s", "τ_g", true, Access::Relaxation);
/// Interface diffusivity at its reference temperature.
pub const D_INTERFACE: Key = key(
    "interface.D_reference_m2_per_s",
    "D_I",
    true,
    Access::InterfaceD,
);
/// Activation energy of interface diffusion.
pub const Q_INTERFACE: Key = key("interface.Q_interface_eV", "Q_I", false, Access::InterfaceQ);
/// Bulk diffusivity at its reference temperature.
pub const D_BULK: Key = key(
    "bulk_diffusion.D_reference_m2_per_s",
    "D_B",
    true,
    Access::BulkD,
);
/// Activation energy of bulk diffusion.
pub const Q_BULK: Key = key("bulk_diffusion.Q_bulk_eV", "Q_B", false, Access::BulkQ);

/// All of them.
pub const ALL: [Key; 9] = [
    ETA,
    D_STAR,
    T_0,
    E_GLASS,
    TAU_G,
    D_INTERFACE,
    Q_INTERFACE,
    D_BULK,
    Q_BULK,
];

impl Key {
    /// The number in `material`; none where its laws have no such number.
    pub fn of<'a>(&self, material: &'a Material) -> Option<&'a Quantity> {
        let (viscosity, relaxation) = (&material.viscosity, &material.relaxation);
        let (layer, bulk) = (
            material.interface.as_ref(),
            material.bulk_diffusion.as_ref(),
        );
        match self.access {
            Access::Eta => viscosity.eta_reference_Pa_s.as_ref(),
            Access::Strength => viscosity.D_star.as_ref(),
            Access::Divergence => viscosity.T_0_K.as_ref(),
            Access::Glass => viscosity.E_glass_eV.as_ref(),
            Access::Relaxation => relaxation.tau_g_s.as_ref(),
            Access::InterfaceD => layer.map(|one| &one.D_reference_m2_per_s),
            Access::InterfaceQ => layer.map(|one| &one.Q_interface_eV),
            Access::BulkD => bulk.map(|one| &one.D_reference_m2_per_s),
            Access::BulkQ => bulk.map(|one| &one.Q_bulk_eV),
        }
    }

    /// The number in `material`, to be changed; none where its laws have no such number.
    pub fn of_mut<'a>(&self, material: &'a mut Material) -> Option<&'a mut Quantity> {
        let (viscosity, relaxation) = (&mut material.viscosity, &mut material.relaxation);
        let (layer, bulk) = (
            material.interface.as_mut(),
            material.bulk_diffusion.as_mut(),
        );
        match self.access {
            Access::Eta => viscosity.eta_reference_Pa_s.as_mut(),
            Access::Strength => viscosity.D_star.as_mut(),
            Access::Divergence => viscosity.T_0_K.as_mut(),
            Access::Glass => viscosity.E_glass_eV.as_mut(),
            Access::Relaxation => relaxation.tau_g_s.as_mut(),
            Access::InterfaceD => layer.map(|one| &mut one.D_reference_m2_per_s),
            Access::InterfaceQ => layer.map(|one| &mut one.Q_interface_eV),
            Access::BulkD => bulk.map(|one| &mut one.D_reference_m2_per_s),
            Access::BulkQ => bulk.map(|one| &mut one.Q_bulk_eV),
        }
    }

    /// The value in `material`, in the file's unit; NaN where its laws have no such number.
    pub fn value(&self, material: &Material) -> f64 {
        self.of(material).map_or(f64::NAN, |number| number.value)
    }

    /// Puts the number that `from` has into `material`, where both have one.
    pub fn copy(&self, from: &Material, material: &mut Material) {
        if let Some((number, given)) = self.of_mut(material).zip(self.of(from)) {
            *number = given.clone();
        }
    }

    /// The value in `material`, to be changed; none where its laws have no such number.
    fn value_mut<'a>(&self, material: &'a mut Material) -> Option<&'a mut f64> {
        self.of_mut(material).map(|number| &mut number.value)
    }

    /// Plausible width in fitting units: a factor of ten, or what glass formers differ by.
    pub fn width(&self) -> f64 {
        match self.access {
            Access::Strength => 10.0,
            Access::Divergence => 50.0,
            Access::Glass | Access::InterfaceQ | Access::BulkQ => 0.5,
            _ => std::f64::consts::LN_10,
        }
    }

    /// The number in fitting units: its logarithm where it is fitted so.
    pub fn fitted(&self, material: &Material) -> f64 {
        let value = self.value(material);
        if self.logarithmic { value.ln() } else { value }
    }
}

/// `material` with `values` (in fitting units) for `keys`.
pub fn with(material: &Material, keys: &[Key], values: &[f64]) -> Material {
    let mut changed = material.clone();
    for (key, &value) in keys.iter().zip(values) {
        if let Some(number) = key.value_mut(&mut changed) {
            *number = if key.logarithmic { value.exp() } else { value };
        }
    }
    changed
}

/// A number that was to be fitted but kept its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Which one.
    pub key: Key,
    /// Why.
    pub reason: String,
}

/// Some numbers of a material, fitted.
#[derive(Debug, Clone)]
pub struct MaterialFit {
    /// The numbers that were fitted.
    pub keys: Vec<Key>,
    /// Those that kept their values, because the data do not fix them.
    pub kept: Vec<Kept>,
    /// The least squares, in fitting units.
    pub fit: Fit,
    /// The material with the fitted numbers.
    pub material: Material,
    /// Standard deviation of the residuals.
    scatter: f64,
}

/// Closest that a fitted number may come to its bound, in widths.
const AT_BOUND: f64 = 1e-4;

/// A residual that a material gives which breaks its own rules: far worse than any other, so that the search turns back.
const FORBIDDEN: f64 = 1e3;

/// Fits `keys`, which each of the `starts` has, to `residuals` (in units of their standard deviations `scatter`), from each of the `starts`.
///
/// # Errors
/// [`FitError`] if no start leads to a minimum.
pub fn fit(
    starts: &[Material],
    keys: &[Key],
    residuals: &dyn Fn(&Material) -> Vec<f64>,
    scatter: f64,
) -> Result<MaterialFit, FitError> {
    let mut best: Option<MaterialFit> = None;
    let mut failure = FitError::NotFinite {
        parameters: symbols(keys).join(", "),
    };
    for start in starts {
        let parameters: Vec<Parameter> = keys
            .iter()
            .map(|key| Parameter::new(key.symbol, key.fitted(start), key.width()))
            .collect();
        let count = residuals(start).len();
        let found = minimise(&parameters, |values| {
            let material = with(start, keys, values);
            if material.violations().is_empty() {
                residuals(&material)
            } else {
                vec![FORBIDDEN; count]
            }
        });
        match found {
            Ok(fit)
                if best
                    .as_ref()
                    .is_none_or(|b| fit.chi_squared() < b.fit.chi_squared()) =>
            {
                best = Some(MaterialFit {
                    keys: keys.to_vec(),
                    kept: Vec::new(),
                    material: with(start, keys, &fit.values),
                    fit,
                    scatter,
                });
            }
            Ok(_) => {}
            Err(error) => failure = error,
        }
    }
    best.ok_or(failure)
}

/// As [`fit`], but a combination that the data do not fix is said so, not given a number: of its parts the first in the order of
/// `yielding` keeps the value that it has in `starts`, until all the others are fixed. None if nothing is.
pub fn fit_identified(
    starts: &[Material],
    keys: &[Key],
    yielding: &[Key],
    residuals: &dyn Fn(&Material) -> Vec<f64>,
    scatter: f64,
) -> Option<MaterialFit> {
    // A law of another kind has other numbers.
    let has = |key: &&Key| starts.iter().all(|start| key.of(start).is_some());
    let mut keys: Vec<Key> = keys.iter().filter(has).copied().collect();
    let mut kept = Vec::<Kept>::new();
    while !keys.is_empty() {
        // A kept number has its own value, not that of some start.
        let starts: Vec<Material> = starts
            .iter()
            .map(|start| {
                let mut start = start.clone();
                for one in &kept {
                    one.key.copy(&starts[0], &mut start);
                }
                start
            })
            .collect();
        let count = residuals(&starts[0]).len();
        let mut named = format!("{} with {count} numbers", symbols(&keys).join(", "));
        let mut leading = String::new();
        // Fewer numbers than parameters, or a search that wanders along a valley without end: the first that yields.
        if count >= keys.len()
            && let Ok(mut found) = fit(&starts, &keys, residuals, scatter)
        {
            // A number that ends where its own rules end was stopped there, not fitted.
            if let Some(key) = found.keys.iter().copied().find(|key| found.at_bound(*key)) {
                let at = key.value(&found.material);
                keys.retain(|one| *one != key);
                kept.push(Kept {
                    key,
                    reason: format!("the fit ends at its bound, {at:.2e}"),
                });
                continue;
            }
            let Some(worst) = found.fit.unidentified(scatter).into_iter().next() else {
                found.kept = kept;
                return Some(found);
            };
            named = worst.named();
            leading = worst.leading().to_owned();
        }
        let mentioned = |key: &&Key| {
            let words = named.split([' ', ',']);
            keys.contains(key) && words.into_iter().any(|word| word == key.symbol)
        };
        let yields = yielding.iter().find(mentioned);
        let leads = |key: &&Key| key.symbol == leading;
        let Some(key) = yields.or(keys.iter().find(leads)).copied() else {
            break;
        };
        keys.retain(|one| *one != key);
        kept.push(Kept {
            key,
            reason: format!("the data do not fix {named}"),
        });
    }
    None
}

fn symbols(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.symbol).collect()
}

impl MaterialFit {
    /// Value and standard error of the number `key` in the file's unit; none if it was not fitted.
    pub fn number(&self, key: Key) -> Option<[f64; 2]> {
        let index = self.keys.iter().position(|one| *one == key)?;
        let error = self.fit.standard_errors(self.scatter)[index];
        let value = key.value(&self.material);
        Some([
            value,
            if key.logarithmic {
                value * error
            } else {
                error
            },
        ])
    }

    /// Whether `key` ended at the bound of what a material may have: a ten-thousandth of its width further it breaks a rule.
    fn at_bound(&self, key: Key) -> bool {
        let Some(index) = self.keys.iter().position(|one| *one == key) else {
            return false;
        };
        [-1.0, 1.0].into_iter().any(|sign| {
            let mut values = self.fit.values.clone();
            values[index] += sign * AT_BOUND * key.width();
            !with(&self.material, &self.keys, &values)
                .violations()
                .is_empty()
        })
    }

    /// Value and standard error of what `derived` computes from the material (linear propagation).
    pub fn derived(&self, derived: impl Fn(&Material) -> f64) -> [f64; 2] {
        let covariance = self.fit.covariance(self.scatter);
        let n = self.keys.len();
        // A hundredth of a standard error: small against the curvature, large against round-off.
        let gradient: Vec<f64> = (0..n)
            .map(|k| {
                let step = 0.01 * covariance[(k, k)].sqrt();
                let at = |by: f64| {
                    let mut values = self.fit.values.clone();
                    values[k] += by;
                    derived(&with(&self.material, &self.keys, &values))
                };
                (at(step) - at(-step)) / (2.0 * step)
            })
            .collect();
        let variance: f64 = (0..n)
            .flat_map(|i| (0..n).map(move |j| (i, j)))
            .map(|(i, j)| gradient[i] * covariance[(i, j)] * gradient[j])
            .sum();
        [derived(&self.material), variance.max(0.0).sqrt()]
    }
}
