// One implicit step of the interface layer: the twin of src/kernels/species/layer. One workgroup per case.
//
//      flux f=0   cell 0   f=1   cell 1   f=2   ...   cell m-1   f=m
//        |----------o-------|-------o------|----------o---------|   tip
//      closed          exchange with the bulk              deposit
//
// Rounds: drifts of the fractions (an invocation per face), every element by itself with these drifts (an invocation per element and
// chunk of cells), fractions made to add up to one (an invocation per cell). The last round is not, and conserves every element.
//
// An element's matrix is eliminated in chunks. All chunks but for their last cells go at once, each from its own first cell on; the last
// cells, with what the chunks leave between them, are eliminated one after the other; then the chunks are filled from their ends. Without
// a subtraction, in whatever order (Grassmann, Taksar and Heyman 1985): of what a cell passes to one that is eliminated, shares go
// where that one passes its own.

var<workgroup> largest: array<real, WORKGROUP>;
var<workgroup> state: u32;

const GOES_ON: u32 = 0u;
const SETTLED: u32 = 1u;
const LOST: u32 = 2u;

// Chunks of an element.
const CHUNKS: u32 = WORKGROUP / ELEMENTS;

// Of the last cell of a chunk: what it lacks, what stays in it, its exchange with the last cell of the chunk below (from there, to
// there), and what the chunk adds to that cell. `join` leaves the cell's fraction in `right` and the share of the one above in `kept`,
// `find_passed` takes both for its sums.
struct Last {
    right: real,
    kept: real,
    from_below: real,
    to_below: real,
    right_below: real,
    kept_below: real,
}
var<workgroup> last: array<Last, WORKGROUP>;

// Of the case, set by `prepare`.
var<private> mobilities: array<real, ELEMENTS>;
var<private> slowest: real;
var<private> at_rest: bool;
// Drift at the tip in the round before, where the next one starts to look.
var<private> tip_drift: real;
var<private> knows_tip: bool;

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
fn prepare() {
    at_rest = true;
    for (var q = 0u; q < ELEMENTS; q += 1u) {
        let own = share_of_step * table(info.mobility + q);
        mobilities[q] = own;
        if q == 0u { slowest = own; }
        slowest = min(slowest, own);
        at_rest = at_rest && own == real(0.0);
    }
    knows_tip = false;
}

fn mean_mobility(k: u32) -> real {
    var sum = real(0.0);
    for (var q = 0u; q < ELEMENTS; q += 1u) { sum += mobilities[q] * number(info.line + k * ELEMENTS + q); }
    return sum;
}

// Factors of the drift and swept volumes of inner face f: four numbers.
fn find_face(f: u32, central: bool) {
    let nearness = line_nearness(f);
    var factors = array<real, 2>(real(0.0), real(0.0));
    if !at_rest {
        let fit = drift(mean_mobility(f - 1u), mean_mobility(f), line_flux(f) / nearness);
        factors = array<real, 2>(nearness * fit[0], nearness * fit[1]);
    }
    let swept = line_swept(f);
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
// Factors on the fractions of an element before and after face f; neither is negative.
fn coefficients(f: u32, mobility: real) -> array<real, 2> {
    let face = info.faces + 4u * f;
    return array<real, 2>(mobility * number(face) - number(face + 2u), mobility * number(face + 1u) + number(face + 3u));
}

fn deposit() -> real { return line_flux(line_cells()) - line_swept(line_cells()); }

// Composition of the tip relative to that of the last cell.
fn find_tip() {
    let m = line_cells();
    let flux = line_flux(m);
    for (var q = 0u; q < ELEMENTS; q += 1u) { keep(info.ratio + q, real(1.0)); }
    if flux <= real(0.0) || at_rest { return; }
    let nearness = line_nearness(m);
    // Root of sum - 1, which falls strictly with phi: Newton's iteration inside a bracket.
    var phi = tip_drift;
    if !knows_tip {
        // Nothing to go by where the last cell holds but what does not diffuse.
        let mean = mean_mobility(m - 1u);
        phi = real(0.0);
        if mean > real(0.0) { phi = -flux / (nearness * mean); }
    }
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
            let conduct = mobilities[q] * nearness;
            let share = conduct / (flux + conduct * fit.value[1]);
            let ratio = share * fit.value[0];
            let x = number(info.line + (m - 1u) * ELEMENTS + q);
            sum += ratio * x;
            derivative += share * x * (fit.slope[0] + ratio * fit.slope[1]);
        }
        let step = sum / derivative;
        if abs(step) <= ROUND_OFF * (real(1.0) + abs(phi)) {
            phi -= step;
            break;
        }
        if sum > real(0.0) { low = phi; has_low = true; } else { high = phi; has_high = true; }
        var next = phi - step;
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
    tip_drift = phi;
    knows_tip = abs(phi) < MOST_EXPONENT;
    let fit = bernoulli(phi);
    for (var q = 0u; q < ELEMENTS; q += 1u) {
        let conduct = mobilities[q] * nearness;
        keep(info.ratio + q, conduct * fit.value[0] / (flux + conduct * fit.value[1]));
    }
}

// What does not change from round to round: amounts that cells of the line have and get, what leaves them with their own fractions.
fn find_amounts(lane: u32) {
    for (var k = lane; k < line_cells(); k += WORKGROUP) {
        let w = line_exchange(k);
        keep(info.kept + k, line_volume(k, end) + max(-w, real(0.0)));
        let before = line_volume(k, start);
        let comes = max(w, real(0.0));
        for (var q = 0u; q < ELEMENTS; q += 1u) {
            keep(info.right + k * ELEMENTS + q, before * line_old(k, q) + comes * line_bulk(k, q));
        }
    }
}

// Cells of the line from the first that is not held on, a chunk's share of them, and chunks that have cells.
fn first_free() -> u32 { return u32(is_held()); }
fn chunk_cells() -> u32 { return (line_cells() - first_free() + CHUNKS - 1u) / CHUNKS; }
fn chunks_used() -> u32 { return (line_cells() - first_free() + chunk_cells() - 1u) / chunk_cells(); }
fn chunk_start(chunk: u32) -> u32 { return first_free() + chunk * chunk_cells(); }
fn chunk_end(chunk: u32) -> u32 { return min(chunk_start(chunk + 1u), line_cells()); }

// Fraction of element q below the first chunk.
fn below_first(q: u32) -> real {
    if is_held() { return line_old(0u, q); }
    return real(0.0);
}

// Eliminates the cells of a chunk but for the last.
fn eliminate(lane: u32, q: u32, chunk: u32) {
    let m = line_cells();
    let stop = chunk_end(chunk);
    let mobility = mobilities[q];
    var k = chunk_start(chunk);
    var below = array<real, 2>(real(0.0), real(0.0));
    if k > 0u { below = coefficients(k, mobility); }
    var right = number(info.right + k * ELEMENTS + q);
    var kept = number(info.kept + k);
    var right_below = real(0.0);
    var kept_below = real(0.0);
    for (; k + 1u < stop; k += 1u) {
        let above = coefficients(k + 1u, mobility);
        let per = real(1.0) / (kept + below[1] + above[0]);
        let own = right * per;
        let from_below = below[0] * per;
        let from_above = above[1] * per;
        let place = k * ELEMENTS + q;
        keep(info.next + place, own);
        keep(info.from_below + place, from_below);
        keep(info.from_above + place, from_above);
        right_below += below[1] * own;
        kept_below += from_below * kept;
        right = number(info.right + place + ELEMENTS) + above[0] * own;
        kept = number(info.kept + k + 1u) + from_above * kept;
        below = array<real, 2>(above[0] * from_below, below[1] * from_above);
    }
    if stop == m {
        let out = deposit();
        kept += max(out, real(0.0)) * number(info.ratio + q);
        right -= min(out, real(0.0)) * number(info.front + q);
    }
    last[lane] = Last(right, kept, below[0], below[1], right_below, kept_below);
}

// The last cells of an element's chunks: their fractions, in `right`.
fn join(q: u32) {
    let used = chunks_used();
    var left = real(0.0);
    var came = below_first(q);
    // Of what the cell below passes down or keeps, and passes on: the share that does not come back.
    var lost = real(1.0);
    for (var chunk = 0u; chunk < used; chunk += 1u) {
        let at = chunk * ELEMENTS + q;
        var right = last[at].right + last[at].from_below * came;
        var kept = last[at].kept;
        var on = real(0.0);
        var back = real(0.0);
        if chunk + 1u < used {
            let above = at + ELEMENTS;
            right += last[above].right_below;
            kept += last[above].kept_below;
            on = last[above].from_below;
            back = last[above].to_below;
        }
        left = kept + last[at].to_below * lost;
        let per = real(1.0) / (left + on);
        lost = left * per;
        came = right * per;
        last[at].right = came;
        last[at].kept = back * per;
    }
    var value = real(0.0);
    for (var chunk = used; chunk > 0u; chunk -= 1u) {
        let at = (chunk - 1u) * ELEMENTS + q;
        value = last[at].right + last[at].kept * value;
        last[at].right = value;
    }
}

// The other cells of a chunk.
fn fill(lane: u32, q: u32, chunk: u32) {
    var below = below_first(q);
    if chunk > 0u { below = last[lane - ELEMENTS].right; } else if is_held() { keep(info.next + q, below); }
    let first = chunk_start(chunk);
    var k = chunk_end(chunk) - 1u;
    var value = last[lane].right;
    keep(info.next + k * ELEMENTS + q, value);
    for (; k > first; k -= 1u) {
        let place = (k - 1u) * ELEMENTS + q;
        value = number(info.next + place) + number(info.from_below + place) * below + number(info.from_above + place) * value;
        keep(info.next + place, value);
    }
}

// A round: the coefficients of the present fractions, and what they make of the elements, in `next`.
fn solve(lane: u32, central: bool) {
    for (var f = lane + 1u; f < line_cells(); f += WORKGROUP) { find_face(f, central); }
    if lane == WORKGROUP - 1u { find_tip(); }
    storageBarrier();
    let q = lane % ELEMENTS;
    let chunk = lane / ELEMENTS;
    let works = chunk < chunks_used();
    if works { eliminate(lane, q, chunk); }
    workgroupBarrier();
    if lane < ELEMENTS { join(lane); }
    workgroupBarrier();
    if works { fill(lane, q, chunk); }
    // `last` is written again, by others than those that have just read it.
    workgroupBarrier();
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
        prepare();
        find_amounts(lane);
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
                solve(lane, central);
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
            solve(lane, central);
            find_passed(lane);
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
fn find_passed(lane: u32) {
    let m = line_cells();
    let q = lane % ELEMENTS;
    let chunk = lane / ELEMENTS;
    if is_held() {
        // From the balance of the others: the flux itself is a small difference where the line is stiff.
        var entered = real(0.0);
        if chunk < chunks_used() {
            for (var k = chunk_start(chunk); k < chunk_end(chunk); k += 1u) {
                let place = k * ELEMENTS + q;
                entered += number(info.kept + k) * number(info.next + place) - number(info.right + place);
            }
        }
        var exchanged = real(0.0);
        for (var k = lane; k <= line_first(); k += WORKGROUP) { exchanged += moved(info.exchange, k); }
        last[lane].right = entered;
        last[lane].kept = exchanged;
    }
    workgroupBarrier();
    if lane < ELEMENTS {
        let out = deposit();
        let ratio = number(info.ratio + q);
        keep(info.tip + q, ratio * number(info.line + (m - 1u) * ELEMENTS + q));
        var amount = out * number(info.front + q);
        if out > real(0.0) { amount = out * ratio * number(info.next + (m - 1u) * ELEMENTS + q); }
        keep(info.passed + q, amount);
        keep(info.deposited + q, number(info.deposited + q) + amount);
        if is_held() {
            var entered = amount;
            for (var c = 0u; c < CHUNKS; c += 1u) { entered += last[c * ELEMENTS + q].right; }
            var exchanged = real(0.0);
            for (var k = 0u; k < WORKGROUP; k += 1u) { exchanged += last[k].kept; }
            keep(info.inflow + q, number(info.inflow + q) + entered - exchanged * feedstock(q));
        }
    }
}
