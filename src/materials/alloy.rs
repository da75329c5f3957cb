//! The elements of an alloy in the order in which they are computed.

/// An element and what tells it from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Symbol.
    pub name: String,
    /// Atomic fraction in the feedstock.
    pub feedstock: f64,
    /// Diffusivity in the layer relative to the mean Σ xᵢDᵢ of the feedstock.
    pub layer_ratio: f64,
    /// Diffusivity in the bulk relative to D_B.
    pub bulk_ratio: f64,
}

/// How the bulk crystallises (`docs/physics.md`, "Crystallinity").
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Avrami {
    /// Avrami exponent n.
    pub exponent: f64,
    /// Width w of τ over the composition.
    pub width: f64,
}

/// An alloy. Its elements are kept in an order of their own, by what they do rather than by name, so that sums do not depend
/// on the order in which they are given: permuted input gives permuted results, to the bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Alloy {
    elements: Vec<Element>,
    given: Vec<usize>,
    /// Fractions in the feedstock, in the alloy's order.
    pub feedstock: Vec<f64>,
    /// How it crystallises, if that is known.
    pub crystallisation: Option<Avrami>,
}

impl Alloy {
    /// An alloy of these elements.
    ///
    /// # Panics
    /// Without elements, or with more than the kernels take.
    pub fn new(given: Vec<Element>, crystallisation: Option<Avrami>) -> Self {
        let n = given.len();
        assert!(
            (1..=crate::kernels::species::MOST_ELEMENTS).contains(&n),
            "an alloy of {n} elements"
        );
        let mut order: Vec<usize> = (0..n).collect();
        let key = |k: &usize| {
            let e = &given[*k];
            [e.layer_ratio, e.feedstock, e.bulk_ratio]
        };
        order.sort_by(|a, b| key(a).partial_cmp(&key(b)).expect("finite numbers"));
        let elements: Vec<Element> = order.iter().map(|&k| given[k].clone()).collect();
        Alloy {
            feedstock: elements.iter().map(|e| e.feedstock).collect(),
            elements,
            given: order,
            crystallisation,
        }
    }

    /// The elements in the alloy's own order.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// False: an alloy has elements.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Values in the alloy's order as they were given.
    pub fn as_given(&self, values: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; values.len()];
        for (&place, value) in self.given.iter().zip(values) {
            out[place] = *value;
        }
        out
    }

    /// Symbols as they were given.
    pub fn names(&self) -> Vec<String> {
        let mut out = vec![String::new(); self.len()];
        for (&place, element) in self.given.iter().zip(&self.elements) {
            out[place] = element.name.clone();
        }
        out
    }

    /// True if one bulk diffusivity serves all elements.
    pub fn diffuses_as_one(&self) -> bool {
        self.elements
            .iter()
            .all(|e| e.bulk_ratio == self.elements[0].bulk_ratio)
    }

    /// Σ xᵢDᵢ/D̄ of fractions in the alloy's order: 1 for the feedstock.
    pub fn mean_layer_ratio(&self, fractions: &[f64]) -> f64 {
        let elements = self.elements.iter().zip(fractions);
        elements.map(|(e, x)| e.layer_ratio * x).sum()
    }
}
