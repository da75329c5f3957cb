// What the stencil reads in the outer precision.

fn table(k: u32) -> real { return outer_tables[tables_base + k]; }
fn x(k: u32) -> real { return outer_vectors[x_base + k]; }
