// The exponential function in either precision: WGSL has none for f64.

// 2^k, exactly, from -1008 on: from the bits, f64 through f32, whose exponent is too short by three bits. Below it is zero.
fn power_of_f32(k: i32) -> real { return real(bitcast<f32>(u32(k + 127) << 23u)); }
fn power_of_two(k: i32) -> real {
    let once = power_of_f32(k >> 3u);
    let twice = once * once;
    let four_times = twice * twice;
    return four_times * four_times * power_of_f32(k & 7);
}

// e^z = 2^k e^r with |r| <= ln(2)/2; `exponential_series` goes as far as the precision does.
fn exponential(z: real) -> real {
    let bounded = clamp(z, -MOST_EXPONENT, MOST_EXPONENT);
    let k = floor(bounded * PER_LN2 + real(0.5));
    let r = (bounded - k * LN2_HIGH) - k * LN2_LOW;
    return exponential_series(r) * power_of_two(i32(k));
}
