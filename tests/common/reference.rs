//! The reference solutions of rung 7 and the errors that a uniform grid at N = 32 may have against them.

use serde_json::Value;

/// A straight pore; flows of the full circle.
pub struct Row {
    pub length: f64,
    pub lambda: f64,
    pub cell_radius: f64,
    pub depth: f64,
    pub total: f64,
    pub core: f64,
    pub layer: f64,
}

/// All rows of the reference.
pub fn reference() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/flow.json");
    let text = std::fs::read_to_string(path).expect("the reference is there");
    let json: Value = serde_json::from_str(&text).expect("the reference is JSON");
    let rows = json["straight"].as_array().expect("a list");
    let row = |r: &Value| {
        let number = |key: &str| r[key].as_f64().unwrap_or_else(|| panic!("{key} in {r}"));
        Row {
            length: number("L"),
            lambda: number("Lambda"),
            cell_radius: number("Rc"),
            depth: number("H"),
            total: number("total_flow"),
            core: number("core_flow_at_front"),
            layer: number("layer_flow_at_tip"),
        }
    };
    rows.iter().map(row).collect()
}

/// Measured errors of dL/dt of a uniform grid at N = 32 (numerics, "What limits accuracy"): L/R, then Λ = 0, 1e-3,
/// 1/32, 1. They are the limits.
pub const LIMITS: [(f64, [f64; 4]); 4] = [
    (0.5, [8e-3, 1.0e-2, 9e-3, 2.4e-3]),
    (2.0, [3.3e-3, 3.9e-3, 3.2e-3, 6e-4]),
    (8.0, [1e-3, 1.1e-3, 9e-4, 2e-4]),
    (32.0, [2.5e-4, 2.9e-4, 2.2e-4, 5e-5]),
];

/// The limit at a length, interpolated between the rows (both in their logarithms: the error falls like a power of L).
pub fn limit(length: f64, lambda: f64) -> f64 {
    let column = [0.0, 1e-3, 1.0 / 32.0, 1.0]
        .iter()
        .position(|l| *l == lambda)
        .expect("a Λ of the table");
    if length < 0.5 {
        return 2e-2;
    }
    let upper = LIMITS
        .iter()
        .position(|row| row.0 >= length)
        .expect("a length of the table");
    if LIMITS[upper].0 == length {
        return LIMITS[upper].1[column];
    }
    let (low, high) = (LIMITS[upper - 1], LIMITS[upper]);
    let t = (length / low.0).ln() / (high.0 / low.0).ln();
    low.1[column].powf(1.0 - t) * high.1[column].powf(t)
}

/// Limits of the error of the total flow and of its parts at N = 32, all relative to the total.
pub fn limit_reached(length: f64, lambda: f64) -> (f64, f64) {
    let limit = limit(length, lambda);
    // How the sum divides is decided at the contact line as well: up to 1e-3 of the flow crosses from core to layer
    // beside the tip too early or too late, whatever the length, so that this part does not fall with L.
    let split = limit + 1e-3;
    // What the weight at the corner has reached; the limits above are those of a fixed weight.
    let reached = match length {
        l if l < 0.5 => f64::INFINITY,
        l if l < 2.0 => 1.1e-3,
        _ => 2.5e-4,
    };
    (limit.min(reached), split)
}
