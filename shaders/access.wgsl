// What the stencil reads in the cycles' precision.

fn table(k: u32) -> real { return tables[tables_base + k]; }
fn x(k: u32) -> real { return vectors[x_base + k]; }
