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
    return select(zero(), x(radial_at(i, j)), has_radial(i, j));
}
fn w(i: i32, j: i32) -> real {
    return select(zero(), x(axial_at(i, j)), has_axial(i, j));
}
fn p(i: i32, j: i32) -> real {
    return select(zero(), x(cell_at(i, j)), has_cell(i, j));
}
fn stress(k: i32) -> real {
    return select(zero(), x(wall_at(k)), u32(k) < grid.wall_cells);
}

fn cell_weight(i: i32, j: i32) -> real {
    return select(zero(), table(grid.cell_weight + u32(cell_start(j) + i)), has_cell(i, j));
}
fn node_weight(i: i32, j: i32) -> real {
    return select(zero(), table(grid.node_weight + u32(node_start(j) + i)), has_node(i, j));
}
// Position relative to an edge: below, at, above.
fn side(i: i32, edge: i32) -> u32 { return u32(i >= edge) + u32(i > edge); }
// Factors of the shear at node (i, j): of the radial velocity's difference along z, of the axial velocity's across r.
fn dz(i: i32, j: i32) -> real { return table(grid.node_dz + u32(j) * 3u + side(i, pore_across())); }
fn dr(i: i32, j: i32) -> real { return table(grid.node_dr + u32(i) * 3u + side(j, mouth_row())); }
fn face_radius(i: i32) -> real { return table(grid.face_radius + u32(i)); }
fn ring_area(i: i32) -> real { return table(grid.ring_area + u32(i)); }
fn height(j: i32) -> real { return table(grid.height + u32(j)); }
fn wall_area(k: i32) -> real { return table(grid.wall_area + u32(k)); }

// Shear stress x dual volume at a node as it acts on the radial and on the axial velocity of one cell.
struct Shear {
    on_u: real,
    on_w: real,
}

// Shear at node (i, j), which every cell around it but the mouth corner's sees alike.
fn shear(i: i32, j: i32) -> Shear {
    let s = node_weight(i, j) * (dz(i, j) * (u(i, j) - u(i, j - 1)) + dr(i, j) * (w(i, j) - w(i - 1, j)));
    return Shear(s, s);
}

// True if the mouth corner is a node of cell (i, j).
fn touches_corner(i: i32, j: i32) -> bool {
    let column = pore_across() - i;
    let row = mouth_row() - j;
    return (column == 0 || column == 1) && (row == 0 || row == 1);
}

// Shear at a node of a cell that touches the mouth corner, as seen from the cell above the node or below, to the right of it or
// to the left; `plain` if the node is not the corner.
//
// The wall point moves as friction lets it, so each of the three liquid quadrants has a strain of its own, from half-cell
// distances (docs/numerics.md, "The mouth corner").
fn corner_shear(plain: Shear, i: i32, j: i32, above: bool, right: bool) -> Shear {
    if i != pore_across() || j != mouth_row() { return plain; }
    let along = real(2.0) * dz(i, j);
    let outward = real(2.0) * dr(i, j);
    let below = along * u(i, j - 1);
    let over = along * u(i, j);
    let inside = outward * w(i - 1, j);
    let outside = outward * w(i, j);
    let own = table(grid.corner_give);
    let other = table(grid.corner_give + 1u);
    let turn = over - outside;
    let push_u = real(2.0) * below + turn;
    let push_w = real(2.0) * inside - turn;
    let at_u = own * push_u + other * push_w;
    let at_w = other * push_u + own * push_w;
    let lower_left = (at_u - below) + (at_w - inside);
    let lower_right = (outside - at_w) + (at_u - below);
    let upper_left = (over - at_u) + (at_w - inside);
    let a = real(2.0) * node_weight(i, j);
    return Shear(
        a * select(lower_left + lower_right, upper_left, above),
        a * select(lower_left + upper_left, lower_right, right),
    );
}

// Radial and hoop stretch forces of cell (i, j) on its left (x) and right (y) face.
fn stretch(i: i32, j: i32) -> vec2<real> {
    let twice = real(2.0) * cell_weight(i, j);
    let left = u(i, j);
    let right = u(i + 1, j);
    let across = twice * (right - left) * table(grid.radial_sq + u32(i));
    let around = twice * (right + left) * table(grid.hoop_sq + u32(i));
    return vec2<real>(around - across, around + across);
}

// Axial stretch force between the faces of cell (i, j), positive upwards on the upper one.
fn lift(i: i32, j: i32) -> real {
    return real(2.0) * cell_weight(i, j) * table(grid.axial_sq + u32(j)) * (w(i, j + 1) - w(i, j));
}

// Rows of the radial velocity on the left face of cell (i, j), 0 < i, and of the axial velocity on its lower face, both without
// the layer's part; at the front, of the faces above the last row.
fn face_rows(i: i32, j: i32) -> vec2<real> {
    var here = shear(i, j);
    var above = shear(i, j + 1);
    var right = shear(i + 1, j);
    if touches_corner(i, j) {
        here = corner_shear(here, i, j, true, true);
        above = corner_shear(above, i, j + 1, false, true);
        right = corner_shear(right, i + 1, j, true, false);
    }
    let centre = p(i, j);
    return vec2<real>(
        stretch(i - 1, j).y + stretch(i, j).x + here.on_u * dz(i, j) - above.on_u * dz(i, j + 1)
            + face_radius(i) * height(j) * (centre - p(i - 1, j)),
        lift(i, j - 1) - lift(i, j) + dr(i, j) * here.on_w - dr(i + 1, j) * right.on_w
            + ring_area(i) * (centre - p(i, j - 1)),
    );
}

// -(volume-weighted divergence) of cell (i, j).
fn continuity_row(i: i32, j: i32) -> real {
    return height(j) * (face_radius(i) * u(i, j) - face_radius(i + 1) * u(i + 1, j))
        + ring_area(i) * (w(i, j) - w(i, j + 1));
}

// Layer balance of wall cell k: a v - (net outflow of the layer, leakage included), v the velocity out of the bulk.
fn layer_row(k: i32, outward: real) -> real {
    let below = table(grid.conductance + u32(k));
    let above = table(grid.conductance + u32(k) + 1u);
    let own = stress(k);
    return wall_area(k) * outward + below * (stress(k - 1) - own) + above * (stress(k + 1) - own)
        - table(grid.leakage + u32(k)) * own;
}
