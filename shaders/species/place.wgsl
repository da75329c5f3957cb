// Where the data of a case lie, and the tables at the times of a part of a step.
//
// Tables hold whole steps: a part takes its share of the volumes that move, and lies between the extents at both ends, in which
// heights and volumes are linear.

// What the invocation works on, set by `enter`.
var<private> at_case: u32;
var<private> tables_base: u32;
var<private> vectors_base: u32;
var<private> share_of_step: real;
var<private> start: real;
var<private> middle: real;
var<private> end: real;

// False where this part of the step is not to be made for this case.
fn enter(instance: u32) -> bool {
    at_case = instance;
    tables_base = instance * info.tables;
    vectors_base = instance * info.vectors;
    let parts = real(cases[instance].parts);
    let part = real(order.level);
    share_of_step = real(1.0) / parts;
    start = part / parts;
    middle = (part + real(0.5)) / parts;
    end = (part + real(1.0)) / parts;
    return cases[instance].failed == 0u && order.level < cases[instance].parts;
}

fn table(k: u32) -> real { return tables[tables_base + k]; }
fn number(k: u32) -> real { return vectors[vectors_base + k]; }
fn keep(k: u32, value: real) { vectors[vectors_base + k] = value; }
fn parameter(k: u32) -> real { return table(info.parameters + k); }
fn is_held() -> bool { return cases[at_case].held != 0u; }

fn between(first: u32, second: u32, k: u32, t: real) -> real {
    let a = table(first + k);
    return a + t * (table(second + k) - a);
}
// Volume of a cell of core or layer.
fn volume(cell: u32, t: real) -> real { return between(info.volume_start, info.volume_end, cell, t); }
// Volume that moves in this part.
fn moved(first: u32, k: u32) -> real { return share_of_step * table(first + k); }
fn front_height(i: u32) -> real { return between(info.height_start, info.height_end, i, middle); }
fn contact() -> real {
    return parameter(CONTACT_START) + middle * (parameter(CONTACT_END) - parameter(CONTACT_START));
}
fn row_share(k: u32) -> real { return table(info.shares + k); }
fn radius(i: u32) -> real { return table(info.radii + i); }
fn feedstock(q: u32) -> real { return table(info.feedstock + q); }
// Age of fresh feedstock at the start of this part.
fn feedstock_age() -> real { return parameter(FEEDSTOCK_AGE) + real(order.level) * share_of_step * parameter(AGEING); }

// Layout of the mesh: that of a level (shaders/layout.wgsl).
fn width(j: u32) -> u32 { return select(info.pore_across, info.across, j < info.mouth_row); }
fn row_start(j: u32, wide_rows: u32, wide: u32, narrow: u32) -> u32 {
    return min(j, wide_rows) * wide + (max(j, wide_rows) - wide_rows) * narrow;
}
fn cell_start(j: u32) -> u32 { return row_start(j, info.mouth_row, info.across, info.pore_across); }
fn radial_start(j: u32) -> u32 { return row_start(j, info.mouth_row, info.across + 1u, info.pore_across + 1u); }
fn axial_start(j: u32) -> u32 { return row_start(j, info.mouth_row + 1u, info.across, info.pore_across); }
// Column and row of a cell.
fn place(cell: u32) -> vec2<u32> {
    let wide = info.mouth_row * info.across;
    if cell < wide { return vec2<u32>(cell % info.across, cell / info.across); }
    let rest = cell - wide;
    return vec2<u32>(rest % info.pore_across, info.mouth_row + rest / info.pore_across);
}
// Lower and upper end of cell (i, j) half-way through the part.
fn ends(i: u32, j: u32) -> vec2<real> {
    if j < info.mouth_row { return vec2<real>(table(info.lines + j), table(info.lines + j + 1u)); }
    let k = j - info.mouth_row;
    let height = front_height(i);
    return vec2<real>(height * row_share(k), height * row_share(k + 1u));
}
fn centre(i: u32) -> real { return real(0.5) * (radius(i) + radius(i + 1u)); }
// First row of cells that is computed.
fn first_row() -> u32 { return select(0u, info.mouth_row - 1u, is_held()); }
// Quantity q of a cell before advection: an element's fraction, or after the last of them the age.
fn value(cell: u32, q: u32) -> real {
    if q < ELEMENTS { return number(info.fractions + cell * ELEMENTS + q); }
    return number(info.age + cell);
}
