// Rows of K x: the twin of src/kernels/level.rs (docs/numerics.md, "Energy form").
//
//   K = [[A, -D', C'], [-D, 0, 0], [C, 0, -S]]
//
// A squares the strains of cells (stretch across, around, along) and of nodes (shear); D is the volume-weighted divergence,
// C the wall coupling, S the layer's Laplacian.
//
//            lift(i, j)
//   shear(i, j+1)-----shear(i+1, j+1)
//          |               |
//   stretch(i-1) | stretch(i) | stretch(i+1)
//          |               |
//   shear(i, j)-------shear(i+1, j)
//            lift(i, j-1)

fn zero() -> real { return real(0.0); }

fn u(i: i32, j: i32) -> real {
    if !has_radial(i, j) { return zero(); }
    return x(radial_at(i, j));
}
fn w(i: i32, j: i32) -> real {
    if !has_axial(i, j) { return zero(); }
    return x(axial_at(i, j));
}
fn p(i: i32, j: i32) -> real {
    if !has_cell(i, j) { return zero(); }
    return x(cell_at(i, j));
}
fn stress(k: i32) -> real {
    if k < 0 || k >= i32(levels[at_level].wall_cells) { return zero(); }
    return x(wall_at(k));
}

fn cell_weight(i: i32, j: i32) -> real {
    if !has_cell(i, j) { return zero(); }
    return table(levels[at_level].cell_weight + u32(cell_start(j) + i));
}
fn node_weight(i: i32, j: i32) -> real {
    if j < 0 || j > rows() || i < 0 || i > axial_width(j) { return zero(); }
    return table(levels[at_level].node_weight + u32(node_start(j) + i));
}
// Position relative to an edge: below, at, above.
fn side(i: i32, edge: i32) -> u32 { return u32(i >= edge) + u32(i > edge); }
// Factors of the shear at node (i, j): of the radial velocity's difference along z, of the axial velocity's across r.
fn dz(i: i32, j: i32) -> real { return table(levels[at_level].node_dz + u32(j) * 3u + side(i, pore_across())); }
fn dr(i: i32, j: i32) -> real { return table(levels[at_level].node_dr + u32(i) * 3u + side(j, mouth_row())); }
fn face_radius(i: i32) -> real { return table(levels[at_level].face_radius + u32(i)); }
fn ring_area(i: i32) -> real { return table(levels[at_level].ring_area + u32(i)); }
fn height(j: i32) -> real { return table(levels[at_level].height + u32(j)); }
fn wall_area(k: i32) -> real { return table(levels[at_level].wall_area + u32(k)); }

// Shear stress x dual volume at a node as it acts on the radial and on the axial velocity of one cell.
struct Shear {
    on_u: real,
    on_w: real,
}

// Shear at node (i, j) as seen from the cell above it or below, to the right of it or to the left.
fn shear(i: i32, j: i32, above: bool, right: bool) -> Shear {
    let weight = node_weight(i, j);
    let along = dz(i, j);
    let outward = dr(i, j);
    if i == pore_across() && j == mouth_row() {
        // The wall point moves as friction lets it, so each of the three liquid quadrants has a strain of its own, from
        // half-cell distances (docs/numerics.md, "The mouth corner").
        let below = real(2.0) * along * u(i, j - 1);
        let over = real(2.0) * along * u(i, j);
        let inside = real(2.0) * outward * w(i - 1, j);
        let outside = real(2.0) * outward * w(i, j);
        let own = table(levels[at_level].corner_give);
        let other = table(levels[at_level].corner_give + 1u);
        let turn = over - outside;
        let push_u = real(2.0) * below + turn;
        let push_w = real(2.0) * inside - turn;
        let at_u = own * push_u + other * push_w;
        let at_w = other * push_u + own * push_w;
        let lower_left = (at_u - below) + (at_w - inside);
        let lower_right = (outside - at_w) + (at_u - below);
        let upper_left = (over - at_u) + (at_w - inside);
        let a = real(2.0) * weight;
        return Shear(
            a * select(lower_left + lower_right, upper_left, above),
            a * select(lower_left + upper_left, lower_right, right),
        );
    }
    let s = weight * (along * (u(i, j) - u(i, j - 1)) + outward * (w(i, j) - w(i - 1, j)));
    return Shear(s, s);
}

// Radial and hoop stretch forces of cell (i, j) on its left (x) and right (y) face.
fn stretch(i: i32, j: i32) -> vec2<real> {
    if !has_cell(i, j) { return vec2<real>(zero(), zero()); }
    let twice = real(2.0) * cell_weight(i, j);
    let left = u(i, j);
    let right = u(i + 1, j);
    let across = twice * (right - left) * table(levels[at_level].radial_sq + u32(i));
    let around = twice * (right + left) * table(levels[at_level].hoop_sq + u32(i));
    return vec2<real>(around - across, around + across);
}

// Axial stretch force between the faces of cell (i, j), positive upwards on the upper one.
fn lift(i: i32, j: i32) -> real {
    if !has_cell(i, j) { return zero(); }
    return real(2.0) * cell_weight(i, j) * table(levels[at_level].axial_sq + u32(j)) * (w(i, j + 1) - w(i, j));
}

// Row of the radial velocity on face (i, j), 0 < i.
fn radial_row(i: i32, j: i32) -> real {
    let push = stretch(i - 1, j).y;
    let pull = stretch(i, j).x;
    let lower = shear(i, j, true, false).on_u * dz(i, j);
    let upper = shear(i, j + 1, false, false).on_u * dz(i, j + 1);
    let k = wall_of_radial(i, j);
    var layer = zero();
    if k >= 0 { layer = wall_area(k) * stress(k); }
    return push + pull + lower - upper + face_radius(i) * height(j) * (p(i, j) - p(i - 1, j)) + layer;
}

// Row of the axial velocity on the lower face of cell (i, j); at the front, the faces above the last row.
fn axial_row(i: i32, j: i32) -> real {
    let left = dr(i, j) * shear(i, j, false, true).on_w;
    let right = dr(i + 1, j) * shear(i + 1, j, false, false).on_w;
    let k = wall_of_axial(i, j);
    var layer = zero();
    if k >= 0 { layer = wall_area(k) * stress(k); }
    return lift(i, j - 1) - lift(i, j) + left - right + ring_area(i) * (p(i, j) - p(i, j - 1)) + layer;
}

// -(volume-weighted divergence) of cell (i, j).
fn continuity_row(i: i32, j: i32) -> real {
    return height(j) * (face_radius(i) * u(i, j) - face_radius(i + 1) * u(i + 1, j))
        + ring_area(i) * (w(i, j) - w(i, j + 1));
}

// Layer balance of wall cell k: a v - (net outflow of the layer, leakage included), v the velocity out of the bulk.
fn layer_row(k: i32, outward: real) -> real {
    let below = table(levels[at_level].conductance + u32(k));
    let above = table(levels[at_level].conductance + u32(k) + 1u);
    let own = stress(k);
    return wall_area(k) * outward + below * (stress(k - 1) - own) + above * (stress(k + 1) - own)
        - table(levels[at_level].leakage + u32(k)) * own;
}
