// r = b - K x on one level: the twin of src/kernels/flow/residual.rs.
//
// One invocation per cell writes the rows of its left face, its lower face, its pressure and its wall cell. Masked
// unknowns (axis, cell radius) get zero.

fn residual_unit(place: vec2<i32>) {
    let i = place.x;
    let j = place.y;
    if has_radial(i, j) {
        let k = radial_at(i, j);
        if is_masked(i, j) {
            emit(k, zero());
        } else {
            emit(k, load(k) - radial_row(i, j));
        }
        let wall = wall_of_radial(i, j);
        if wall >= 0 { emit(wall_at(wall), load(wall_at(wall)) - layer_row(wall, u(i, j))); }
    }
    if has_axial(i, j) {
        let k = axial_at(i, j);
        emit(k, load(k) - axial_row(i, j));
        let wall = wall_of_axial(i, j);
        if wall >= 0 { emit(wall_at(wall), load(wall_at(wall)) - layer_row(wall, w(i, j))); }
    }
    if has_cell(i, j) {
        let k = cell_at(i, j);
        emit(k, load(k) - continuity_row(i, j));
    }
}
