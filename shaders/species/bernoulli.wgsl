// The Bernoulli function of exponential fitting and the drift of a face: the twin of src/kernels/species/bernoulli.rs.

struct Fit {
    // B(z) and B(-z).
    value: array<real, 2>,
    // B'(z) and B'(-z).
    slope: array<real, 2>,
}

fn bernoulli(z: real) -> Fit {
    let s = abs(z);
    var small: real;
    var slope: real;
    if s < BERNOULLI_SERIES {
        let q = s * s;
        small = real(1.0) - real(0.5) * s + q * PER_12 * (real(1.0) - q * PER_60 * (real(1.0) - q * PER_42));
        slope = real(-0.5) + s * PER_6 * (real(1.0) - q * PER_30 * (real(1.0) - q * PER_28));
    } else {
        let per = real(1.0) / (exponential(s) - real(1.0));
        small = s * per;
        slope = per * (real(1.0) - (small + s));
    }
    let large = small + s;
    let other = real(-1.0) - slope;
    if z >= real(0.0) {
        return Fit(array<real, 2>(small, large), array<real, 2>(slope, other));
    }
    return Fit(array<real, 2>(large, small), array<real, 2>(other, slope));
}

// B(phi) and B(-phi) with B(phi) before - B(-phi) after = flux.
fn drift(before: real, after: real, flux: real) -> array<real, 2> {
    var phi = real(2.0) * (before - after - flux) / (before + after);
    for (var k = 0u; k < DRIFT_STEPS; k += 1u) {
        let fit = bernoulli(phi);
        let change = (fit.value[0] * before - fit.value[1] * after - flux) / (fit.slope[0] * before + fit.slope[1] * after);
        phi -= change;
        if abs(change) <= ROUND_OFF * (real(1.0) + abs(phi)) { break; }
    }
    return bernoulli(phi).value;
}
