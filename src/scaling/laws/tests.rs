use super::*;

fn points(length: impl Fn(f64) -> f64) -> Vec<Point> {
    [
        10e-9, 14e-9, 20e-9, 30e-9, 45e-9, 65e-9, 90e-9, 130e-9, 200e-9,
    ]
    .map(|diameter| Point {
        diameter,
        normalised: length(diameter),
        relative_sigma: None,
    })
    .to_vec()
}

#[test]
fn the_longer_of_two_laws_crosses_exactly() {
    // L = max(A d, B d^(−1/2)) with the crossing at 50 nm.
    let found = transition(&points(|d| {
        let x: f64 = d / 50e-9;
        1e-14 * x.max(x.powf(-0.5))
    }));
    let Verdict::Crossing {
        diameter,
        log_sigma,
    } = found.verdict
    else {
        panic!("{found:?}")
    };
    assert!((diameter / 50e-9 - 1.0).abs() < 1e-9 && log_sigma < 1e-9);
    assert_eq!(found.diffusion.unwrap().points, 5);
    let [slope, _] = found.flow.unwrap().free_exponent.unwrap();
    assert!((slope - 1.0).abs() < 1e-9);
    // Negative control: with the laws' lengths exchanged (the shorter of the two) there is no such transition.
    let swapped = transition(&points(|d| {
        let x: f64 = d / 50e-9;
        1e-14 * x.min(x.powf(-0.5))
    }));
    assert!(
        !matches!(swapped.verdict, Verdict::Crossing { diameter, .. } if (diameter / 50e-9 - 1.0).abs() < 0.1)
    );
}

#[test]
fn one_regime_is_not_called_two() {
    // 3 % of scatter that alternates: neither side gains by a law of its own.
    let wobble = |d: f64| 1.0 + 0.03 * (d * 1e9 * 0.7).sin();
    let flow = transition(&points(|d| d * wobble(d)));
    assert_eq!(flow.verdict, Verdict::Only(Law::Flow));
    let diffusion = transition(&points(|d| d.powf(-0.5) * wobble(d)));
    assert_eq!(diffusion.verdict, Verdict::Only(Law::Diffusion));
    assert_eq!(transition(&points(|d| d)[..1]).verdict, Verdict::TooFew);
}

#[test]
fn both_mechanisms_together_cross_where_their_conductances_are_equal() {
    // A long pore: L² ∝ d² + d_c³/d. Both laws alone are √2 short at d_c, so fits to either side stay symmetric about it;
    // how the diameters lie around d_c shifts the crossing by some per cent.
    let found = transition(&points(|d| {
        let x: f64 = d / 45e-9;
        (x * x + 1.0 / x).sqrt()
    }));
    let Verdict::Crossing { diameter, .. } = found.verdict else {
        panic!("{found:?}")
    };
    assert!((diameter / 45e-9 - 1.0).abs() < 0.1, "{diameter:e}");
}

#[test]
fn a_regime_is_claimed_only_where_the_exponent_says_so() {
    // Lengths that rise with d^0.11 are neither law, nor both.
    let found = transition(&points(|d| d.powf(0.11)));
    assert_eq!(found.verdict, Verdict::Unclear);
    let [slope, _] = found.exponent.unwrap();
    assert!((slope - 0.11).abs() < 1e-9 && found.flow.is_none() && found.diffusion.is_none());
    // Two diameters of a tenth apart in length: an exponent of 0.1 ± 0.1 or so, no regime.
    let pair = |ratio: f64| {
        [(20e-9, 1.0), (60e-9, ratio)].map(|(diameter, normalised)| Point {
            diameter,
            normalised,
            relative_sigma: None,
        })
    };
    assert_eq!(transition(&pair(1.1)).verdict, Verdict::Unclear);
    // Three times the diameter, three times the length: that is flow, with an error of 0.13 by the assumed 10 %.
    assert_eq!(transition(&pair(3.0)).verdict, Verdict::Only(Law::Flow));
}

#[test]
fn a_clear_v_of_three_diameters_has_its_transition_inside() {
    let v = [(20e-9, 301.0), (60e-9, 262.0), (150e-9, 560.0)].map(|(diameter, normalised)| Point {
        diameter,
        normalised,
        relative_sigma: None,
    });
    let Verdict::Within {
        diameter,
        log_sigma,
    } = transition(&v).verdict
    else {
        panic!("{:?}", transition(&v))
    };
    // By hand: 301² = 20² A² + B²/20 and 560² = 150² A² + B²/150 give A² = 13.4, B² = 1.7e6, d_c = (B²/A²)^(1/3) = 50 nm.
    assert!(
        (diameter / 50e-9 - 1.0).abs() < 0.1 && log_sigma < 0.2,
        "{diameter:e}"
    );
    // Negative control: the same lengths with the narrow one shorter do not turn.
    let rising = [v[0], v[1], v[2]].map(|p| Point {
        normalised: p.diameter * 1e9,
        ..p
    });
    assert_eq!(transition(&rising).verdict, Verdict::Only(Law::Flow));
}
