// One implicit step of the interface layer: the twin of src/kernels/species/layer. One workgroup per case.
//
//      flux f=0   cell 0   f=1   cell 1   f=2   ...   cell m-1   f=m
//        |----------o-------|-------o------|----------o---------|   tip
//      closed          exchange with the bulk              deposit
//
// Rounds: drifts of the fractions (an invocation per face), every element by itself with these drifts (an invocation per element),
// fractions made to add up to one (an invocation per cell). The last round is not, and conserves every element.

var<workgroup> largest: array<real, WORKGROUP>;
var<workgroup> state: u32;

const GOES_ON: u32 = 0u;
const SETTLED: u32 = 1u;
const LOST: u32 = 2u;

// Cells of the wall before the first of the line: of those that keep their fractions the last one is enough.
fn line_first() -> u32 { return select(0u, info.across - info.pore_across - 1u, is_held()); }
fn line_cells() -> u32 { return info.walls - line_first(); }
fn line_volume(k: u32, t: real) -> real { return volume(info.cells + line_first() + k, t); }
fn line_flux(f: u32) -> real { return moved(info.flux, line_first() + f); }
fn line_swept(f: u32) -> real { return moved(info.swept, line_first() + f); }
fn line_exchange(k: u32) -> real { return moved(info.exchange, line_first() + k); }
fn line_nearness(f: u32) -> real {
    let k = line_first() + f;
    return real(1.0) / (table(info.resistance + k) + contact() * table(info.resistance_by_contact + k));
}
fn line_old(k: u32, q: u32) -> real { return number(info.fractions + (info.cells + line_first() + k) * ELEMENTS + q); }
// Fraction in the bulk beside a cell.
fn line_bulk(k: u32, q: u32) -> real {
    let wall = line_first() + k;
    let face = info.across - info.pore_across;
    var cell = cell_start(info.mouth_row - 1u) + info.across - 1u - wall;
    if wall >= face { cell = cell_start(info.mouth_row + wall - face) + info.pore_across - 1u; }
    return number(info.fractions + cell * ELEMENTS + q);
}
fn mobility(q: u32) -> real { return share_of_step * table(info.mobility + q); }

fn mean_mobility(k: u32) -> real {
    var sum = real(0.0);
    for (var q = 0u; q < ELEMENTS; q += 1u) { sum += mobility(q) * number(info.line + k * ELEMENTS + q); }
    return sum;
}
fn is_at_rest() -> bool {
    for (var q = 0u; q < ELEMENTS; q += 1u) { if mobility(q) != real(0.0) { return false; } }
    return true;
}

// Factors of the drift and swept volumes of inner face f: four numbers.
fn find_face(f: u32, central: bool) {
    let nearness = line_nearness(f);
    var factors = array<real, 2>(real(0.0), real(0.0));
    if !is_at_rest() {
        let fit = drift(mean_mobility(f - 1u), mean_mobility(f), line_flux(f) / nearness);
        factors = array<real, 2>(nearness * fit[0], nearness * fit[1]);
    }
    let swept = line_swept(f);
    var slowest = mobility(0u);
    for (var q = 1u; q < ELEMENTS; q += 1u) { slowest = min(slowest, mobility(q)); }
    let upstream = select(factors[1], factors[0], swept > real(0.0));
    var before = min(swept, real(0.0));
    var after = max(swept, real(0.0));
    if central && slowest * upstream > abs(swept) {
        before = real(0.5) * swept;
        after = before;
    }
    keep(info.faces + 4u * f, factors[0]);
    keep(info.faces + 4u * f + 1u, factors[1]);
    keep(info.faces + 4u * f + 2u, before);
    keep(info.faces + 4u * f + 3u, after);
}
fn forward(f: u32, q: u32) -> real { return mobility(q) * number(info.faces + 4u * f) - number(info.faces + 4u * f + 2u); }
fn backward(f: u32, q: u32) -> real { return mobility(q) * number(info.faces + 4u * f + 1u) + number(info.faces + 4u * f + 3u); }

fn deposit() -> real { return line_flux(line_cells()) - line_swept(line_cells()); }

// Composition of the tip relative to that of the last cell.
fn find_tip() {
    let m = line_cells();
    let flux = line_flux(m);
    for (var q = 0u; q < ELEMENTS; q += 1u) { keep(info.ratio + q, real(1.0)); }
    if flux <= real(0.0) || is_at_rest() { return; }
    let nearness = line_nearness(m);
    // Root of sum - 1, which falls strictly with phi: Newton's iteration inside a bracket.
    var phi = -flux / (nearness * mean_mobility(m - 1u));
    var low = real(0.0);
    var high = real(0.0);
    var has_low = false;
    var has_high = false;
    var reach = real(1.0);
    for (var k = 0u; k < ROOT_STEPS; k += 1u) {
        let fit = bernoulli(phi);
        var sum = real(-1.0);
        var derivative = real(0.0);
        for (var q = 0u; q < ELEMENTS; q += 1u) {
            let conduct = mobility(q) * nearness;
            let d = flux + conduct * fit.value[1];
            let ratio = conduct * fit.value[0] / d;
            let x = number(info.line + (m - 1u) * ELEMENTS + q);
            sum += ratio * x;
            derivative += conduct * x * (fit.slope[0] + ratio * fit.slope[1]) / d;
        }
        if sum > real(0.0) { low = phi; has_low = true; } else { high = phi; has_high = true; }
        var next = phi - sum / derivative;
        let inside = (!has_low || next > low) && (!has_high || next < high);
        if !inside {
            if has_low && has_high { next = real(0.5) * (low + high); }
            else if has_low { next = low + reach; }
            else { next = high - reach; }
        }
        reach *= real(2.0);
        let change = abs(next - phi);
        phi = next;
        if change <= ROUND_OFF * (real(1.0) + abs(phi)) { break; }
    }
    let fit = bernoulli(phi);
    for (var q = 0u; q < ELEMENTS; q += 1u) {
        let conduct = mobility(q) * nearness;
        keep(info.ratio + q, conduct * fit.value[0] / (flux + conduct * fit.value[1]));
    }
}

// Solves element q with the present coefficients, into `next`; without a subtraction.
fn sweep(q: u32) {
    let m = line_cells();
    let out = deposit();
    var left = real(0.0);
    var came = real(0.0);
    for (var k = 0u; k < m; k += 1u) {
        let own = k * ELEMENTS + q;
        if k == 0u && is_held() {
            came = line_old(0u, q);
            keep(info.next + own, came);
            keep(info.shares_on + own, real(0.0));
            continue;
        }
        let w = line_exchange(k);
        var right = line_volume(k, start) * line_old(k, q) + max(w, real(0.0)) * line_bulk(k, q);
        let kept = line_volume(k, end) + max(-w, real(0.0));
        if k > 0u {
            let a = forward(k, q);
            let b = backward(k, q);
            right += a * came;
            if k == 1u && is_held() { left = kept + b; } else { left = kept + b * (left / (left + a)); }
        } else {
            left = kept;
        }
        var on = max(out, real(0.0)) * number(info.ratio + q);
        var back = real(0.0);
        if k + 1u < m {
            on = forward(k + 1u, q);
            back = backward(k + 1u, q);
        } else {
            right -= min(out, real(0.0)) * number(info.front + q);
        }
        let diagonal = left + on;
        came = right / diagonal;
        keep(info.shares_on + own, back / diagonal);
        keep(info.next + own, came);
    }
    var value = real(0.0);
    for (var k = m; k > 0u; k -= 1u) {
        let own = (k - 1u) * ELEMENTS + q;
        value = number(info.next + own) + number(info.shares_on + own) * value;
        keep(info.next + own, value);
    }
}

fn find_coefficients(lane: u32, central: bool) {
    for (var f = lane + 1u; f < line_cells(); f += WORKGROUP) { find_face(f, central); }
    if lane == WORKGROUP - 1u { find_tip(); }
    storageBarrier();
    if lane < ELEMENTS { sweep(lane); }
    storageBarrier();
}

// Fractions of the bulk at the tip: what comes in there if the deposit is negative.
fn find_front(q: u32) {
    var given = real(0.0);
    var sum = real(0.0);
    let top = cell_start(info.rows - 1u);
    for (var i = 0u; i < info.pore_across; i += 1u) {
        let amount = moved(info.deposit, i);
        given += amount;
        sum += amount * number(info.fractions + (top + i) * ELEMENTS + q);
    }
    keep(info.front + q, select(sum / given, real(0.0), given == real(0.0)));
    // The same for every element.
    if q == 0u { keep(info.given, given); }
}

@compute @workgroup_size(WORKGROUP)
fn layer(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let due = enter(group.z);
    if lane == 0u { state = select(LOST, GOES_ON, due); }
    if workgroupUniformLoad(&state) == GOES_ON {
        if lane < ELEMENTS { find_front(lane); }
        let m = line_cells();
        var rounds = 0u;
        // Second order first; where the faces' choice between the mean and one side does not settle, one side everywhere.
        var central = true;
        for (var attempt = 0u; attempt < 2u; attempt += 1u) {
            central = attempt == 0u;
            for (var k = lane; k < m * ELEMENTS; k += WORKGROUP) {
                keep(info.line + k, line_old(k / ELEMENTS, k % ELEMENTS));
            }
            storageBarrier();
            var before = real(MOST_EXPONENT);
            for (var round = 0u; round < ROUNDS; round += 1u) {
                rounds += 1u;
                find_coefficients(lane, central);
                var change = real(0.0);
                for (var k = lane; k < m; k += WORKGROUP) {
                    var sum = real(0.0);
                    for (var q = 0u; q < ELEMENTS; q += 1u) { sum += number(info.next + k * ELEMENTS + q); }
                    for (var q = 0u; q < ELEMENTS; q += 1u) {
                        let x = number(info.next + k * ELEMENTS + q) / sum;
                        let difference = abs(x - number(info.line + k * ELEMENTS + q));
                        // What is no number must not pass for settled.
                        change = select(real(2.0), max(change, difference), difference < real(2.0));
                        keep(info.line + k * ELEMENTS + q, x);
                    }
                }
                largest[lane] = change;
                workgroupBarrier();
                for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
                    if lane < half { largest[lane] = max(largest[lane], largest[lane + half]); }
                    workgroupBarrier();
                }
                if lane == 0u {
                    let all = largest[0];
                    let settled = all < TOLERANCE || (all < STALLED && all >= before);
                    state = select(select(GOES_ON, LOST, all >= real(2.0)), SETTLED, settled);
                    before = all;
                }
                storageBarrier();
                if workgroupUniformLoad(&state) != GOES_ON { break; }
            }
            if workgroupUniformLoad(&state) == SETTLED { break; }
        }
        if workgroupUniformLoad(&state) == SETTLED {
            find_coefficients(lane, central);
            if lane < ELEMENTS { finish(lane); }
            // `finish` reads the fractions before the step, which are overwritten now.
            storageBarrier();
            for (var k = lane; k < m * ELEMENTS; k += WORKGROUP) {
                keep(info.fractions + (info.cells + line_first()) * ELEMENTS + k, number(info.next + k));
            }
        } else if lane == 0u {
            cases[group.z].failed = 1u;
        }
        if lane == 0u { cases[group.z].rounds = max(cases[group.z].rounds, rounds); }
    }
}

// What passed: the deposit, the tip's composition, what left the held cells.
fn finish(q: u32) {
    let m = line_cells();
    let out = deposit();
    let ratio = number(info.ratio + q);
    keep(info.tip + q, ratio * number(info.line + (m - 1u) * ELEMENTS + q));
    var amount = out * number(info.front + q);
    if out > real(0.0) { amount = out * ratio * number(info.next + (m - 1u) * ELEMENTS + q); }
    keep(info.passed + q, amount);
    keep(info.deposited + q, number(info.deposited + q) + amount);
    if is_held() {
        // From the balance of the others: the flux itself is a small difference where the line is stiff.
        var entered = amount;
        for (var k = 1u; k < m; k += 1u) {
            let w = line_exchange(k);
            entered += (line_volume(k, end) + max(-w, real(0.0))) * number(info.next + k * ELEMENTS + q)
                - (line_volume(k, start) * line_old(k, q) + max(w, real(0.0)) * line_bulk(k, q));
        }
        var exchanged = real(0.0);
        for (var k = 0u; k <= line_first(); k += 1u) { exchanged += moved(info.exchange, k); }
        keep(info.inflow + q, number(info.inflow + q) + entered - exchanged * feedstock(q));
    }
}
