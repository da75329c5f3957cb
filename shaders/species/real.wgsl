// The exponential function in either precision: WGSL has none for f64.

// 2^k, exactly.
fn power_of_two(k: i32) -> real {
    var base = select(real(0.5), real(2.0), k > 0);
    var rest = u32(abs(k));
    var power = real(1.0);
    while rest > 0u {
        if (rest & 1u) == 1u { power *= base; }
        base *= base;
        rest >>= 1u;
    }
    return power;
}

// e^z = 2^k e^r with |r| <= ln(2)/2; the series' next term is below round-off.
fn exponential(z: real) -> real {
    let bounded = clamp(z, -MOST_EXPONENT, MOST_EXPONENT);
    let k = floor(bounded * PER_LN2 + real(0.5));
    let r = (bounded - k * LN2_HIGH) - k * LN2_LOW;
    var sum = real(1.0);
    for (var i = EXPONENTIAL_TERMS; i > 0u; i -= 1u) {
        sum = real(1.0) + sum * r / real(i);
    }
    return sum * power_of_two(i32(k));
}
