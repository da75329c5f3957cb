// The exact solve on the coarsest level, block elimination along the rows of cells: the twin of
// src/kernels/flow/coarse.rs.
//
//   forward   y[k+1] = b[k+1] - G[k] y[k]
//   backward  x[k] = inverse(S[k]) y[k] - G[k]' x[k+1]
//
// One workgroup per case; every step is a product with a small dense matrix whose rows the lanes share, in rounds where there
// are more rows than lanes. y lies in the level's residual, x in elimination order in its second state.

// Factors of a case: unknown of every place in elimination order; (first place, inverse, G) per block and the end.
fn coarse_entry(instance: u32, k: u32) -> u32 { return u32(coarse[instance * batch.coarse + k]); }
fn block_start(instance: u32, k: u32) -> u32 { return coarse_entry(instance, batch.coarse_unknowns + 3u * k); }

// Elimination of `count` blocks from `first` upwards; the one before `first` is done.
fn coarse_forward(instance: u32, lane: u32, first: u32, count: u32) {
    let base = instance * batch.coarse;
    let y = vectors_base + grid.residual;
    if first == 0u {
        for (var k = lane; k < batch.coarse_unknowns; k += FUSED_WORKGROUP) {
            vectors[y + k] = vectors[vectors_base + grid.rhs + coarse_entry(instance, k)];
        }
        storageBarrier();
    }
    for (var k = max(first, 1u); k < first + count; k += 1u) {
        let before = block_start(instance, k - 1u);
        let start = block_start(instance, k);
        let columns = start - before;
        let end = block_start(instance, k + 1u);
        let matrix = base + coarse_entry(instance, batch.coarse_unknowns + 3u * (k - 1u) + 2u);
        for (var row = start + lane; row < end; row += FUSED_WORKGROUP) {
            let factor = matrix + (row - start) * columns;
            var sum = 0.0;
            for (var c = 0u; c < columns; c += 1u) { sum += coarse[factor + c] * vectors[y + before + c]; }
            vectors[y + row] = vectors[y + row] - sum;
        }
        storageBarrier();
    }
}

// Substitution into `count` blocks from `first` upwards, highest first; the one above them is done.
fn coarse_backward(instance: u32, lane: u32, first: u32, count: u32) {
    let base = instance * batch.coarse;
    let y = vectors_base + grid.residual;
    let solution = vectors_base + grid.double;
    for (var done = 0u; done < count; done += 1u) {
        let k = first + count - 1u - done;
        let start = block_start(instance, k);
        let end = block_start(instance, k + 1u);
        let columns = end - start;
        let matrix = base + coarse_entry(instance, batch.coarse_unknowns + 3u * k + 1u);
        for (var row = start + lane; row < end; row += FUSED_WORKGROUP) {
            let inverse = matrix + (row - start) * columns;
            var sum = 0.0;
            for (var c = 0u; c < columns; c += 1u) { sum += coarse[inverse + c] * vectors[y + start + c]; }
            if k + 1u < batch.coarse_blocks {
                let factor = base + coarse_entry(instance, batch.coarse_unknowns + 3u * k + 2u) + row - start;
                let above = block_start(instance, k + 2u) - end;
                for (var c = 0u; c < above; c += 1u) {
                    sum -= coarse[factor + c * columns] * vectors[solution + end + c];
                }
            }
            vectors[solution + row] = sum;
            vectors[vectors_base + grid.state + coarse_entry(instance, row)] = sum;
        }
        storageBarrier();
    }
}
