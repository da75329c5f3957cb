//! Named values with their unit and their place: what the fields of one moment are, from the run that computes them to the file that
//! shows them. A new field is one entry in `simulation::fields`; nothing else has to know of it.

/// Where the values of a field stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the cells of the bulk's grid, radius fastest.
    Cells,
    /// At the points of the interface layer, from the cell radius to the tip.
    Layer,
    /// At the points of the free front, from the axis to the contact line.
    Front,
}

/// One number or one vector for each cell or point.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers.
    Scalars(Vec<f64>),
    /// Radial, azimuthal and axial components.
    Vectors(Vec<[f64; 3]>),
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::Scalars(values) => values.len(),
            Values::Vectors(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, vectors one after the other.
    pub fn flat(&self) -> &[f64] {
        match self {
            Values::Scalars(values) => values,
            Values::Vectors(values) => values.as_flattened(),
        }
    }

    /// Numbers in each value.
    pub fn components(&self) -> usize {
        match self {
            Values::Scalars(_) => 1,
            Values::Vectors(_) => 3,
        }
    }
}

/// A field of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What it is, without the unit: `pressure`.
    pub name: String,
    /// Its unit as it is written in texts, `m/s`; empty where it has none.
    pub unit: &'static str,
    /// Where the values stand.
    pub place: Place,
    /// The values, in the unit.
    pub values: Values,
}

impl Field {
    /// A field of numbers.
    pub fn scalars(
        place: Place,
        name: impl Into<String>,
        unit: &'static str,
        values: Vec<f64>,
    ) -> Self {
        let (name, values) = (name.into(), Values::Scalars(values));
        Field {
            name,
            unit,
            place,
            values,
        }
    }

    /// A field of vectors.
    pub fn vectors(place: Place, name: &str, unit: &'static str, values: Vec<[f64; 3]>) -> Self {
        let (name, values) = (name.to_owned(), Values::Vectors(values));
        Field {
            name,
            unit,
            place,
            values,
        }
    }

    /// Name with unit as tables and files have it: `velocity_m_per_s`, `liquid_fraction`.
    pub fn label(&self) -> String {
        if self.unit.is_empty() {
            return self.name.clone();
        }
        let unit = self.unit.replace('²', "2").replace('³', "3");
        let unit = unit.replace(' ', "_");
        let unit = match unit.strip_prefix("1/") {
            Some(below) => format!("per_{below}"),
            None => unit.replace('/', "_per_"),
        };
        format!("{}_{unit}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_carry_the_unit() {
        for (name, unit, label) in [
            ("velocity", "m/s", "velocity_m_per_s"),
            ("strain_rate", "1/s", "strain_rate_per_s"),
            ("layer_flux", "m²/s", "layer_flux_m2_per_s"),
            ("pressure", "Pa", "pressure_Pa"),
            ("viscosity", "Pa s", "viscosity_Pa_s"),
            ("x_Ni", "", "x_Ni"),
        ] {
            let field = Field::scalars(Place::Cells, name, unit, Vec::new());
            assert_eq!(field.label(), label);
        }
    }
}
