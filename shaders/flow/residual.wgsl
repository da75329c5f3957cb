// r = b - K x on one level: the twin of src/kernels/flow/residual.rs.
//
// One invocation per cell writes the rows of its left face, its lower face, its pressure and its wall cell. Masked
// unknowns (axis, cell radius) get zero.

// Everything but for the few wall cells is read before anything is written, and read whether it is there or not: loads without a branch around them go
// out together.
fn residual_unit(place: vec2<i32>) {
    let i = place.x;
    let j = place.y;
    let rows = face_rows(i, j);
    var radial = load(radial_at(i, j)) - rows.x;
    var axial = load(axial_at(i, j)) - rows.y;
    let cell = load(cell_at(i, j)) - continuity_row(i, j);
    let radial_wall = wall_of_radial(i, j);
    let axial_wall = wall_of_axial(i, j);
    if radial_wall >= 0 {
        radial -= wall_area(radial_wall) * stress(radial_wall);
        emit(wall_at(radial_wall), load(wall_at(radial_wall)) - layer_row(radial_wall, u(i, j)));
    }
    if axial_wall >= 0 {
        axial -= wall_area(axial_wall) * stress(axial_wall);
        emit(wall_at(axial_wall), load(wall_at(axial_wall)) - layer_row(axial_wall, w(i, j)));
    }
    if has_radial(i, j) { emit(radial_at(i, j), select(radial, zero(), is_masked(i, j))); }
    if has_axial(i, j) { emit(axial_at(i, j), axial); }
    if has_cell(i, j) { emit(cell_at(i, j), cell); }
}
