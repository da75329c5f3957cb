use nanomold::flow::{discretise::*, grid::*, solver::*};
use std::time::Instant;
fn main() {
    let a: Vec<f64> = std::env::args().skip(1).map(|s| s.parse().unwrap()).collect();
    let (n, l, lam, rc, h) = (a[0] as usize, a[1], a[2], a[3], a[4]);
    let e = nanomold::mesh::MeshSpec { cell_radius: rc, reservoir_depth: h, cells_per_radius: n, growth: 1.1, longest_cell: 2.0, wall: nanomold::mesh::WallProfile::Straight };
    let g = Grid::new(&e, l);
    let t0 = Instant::now();
    let lay = layout(&g, [0, 0]);
    let m = Medium::uniform(&lay, lam, 0.0);
    let mut s = FlowSolver::<f64>::new(g, &m, Loads { inlet_pressure: 1.0, tip_pressure: 0.0 }).unwrap();
    let t1 = Instant::now();
    let st = s.solve(1e-8, 30);
    let t2 = Instant::now();
    let f = s.flows();
    println!("N {n} L {l} lam {lam} cells {} levels {} setup {:?} solve {:?} total {:.7} core {:.7} layer {:.7} defect {:.1e}", lay.cells(), s.levels(), t1 - t0, t2 - t1,
        f.total() * 2.0 * std::f64::consts::PI, f.core * 2.0 * std::f64::consts::PI, f.layer * 2.0 * std::f64::consts::PI, f.mass_defect());
    {
        let plan = s.cycle().clone();
        let mut acc = std::collections::BTreeMap::<String, (f64, usize)>::new();
        rayon::scope(|_| for _ in 0..10 { for d in &plan.dispatches {
            let t = Instant::now();
            s.backend.execute(&nanomold::backend::Plan { dispatches: vec![*d] });
            let name = format!("{} {}", d.level, d.kernel.to_string().split(' ').next().unwrap());
            let e = acc.entry(name).or_default(); e.0 += t.elapsed().as_secs_f64() / 10.0 * 1e3; e.1 += 1;
        } });
        for (k, (t, n)) in acc { println!("   {k:24} {t:.3} ms  {}", n / 10); }
    }
    match st { Ok(s) => println!("  cycles {} {:?}", s.cycles, s.residuals.iter().map(|r| format!("{r:.1e}")).collect::<Vec<_>>().join(" ")), Err(e) => println!("  {e}") }
}
#[allow(dead_code)]
pub fn where_is(s: &nanomold::flow::solver::FlowSolver<f64>) {
    let l = &s.backend.levels[0];
    let lay = l.tables.layout;
    let (_, np, jm, nz) = lay.sizes();
    println!("   np {np} jm {jm} nz {nz} nr {}", lay.across);
    let [su, sw, sp, sl] = lay.segments();
    let mut v: Vec<(f64, String)> = vec![];
    for j in 0..nz {
        for (i, k) in lay.radial_row(j).enumerate() { v.push((l.residual[su.start + k].abs(), format!("u {i} {j}"))); }
        for (i, k) in lay.cell_row(j).enumerate() { v.push((l.residual[sp.start + k].abs(), format!("p {i} {j}"))); }
        for k in lay.wall_row(j) { v.push((l.residual[sl.start + k].abs(), format!("l {k} {j}"))); }
    }
    for j in 0..=nz { for (i, k) in lay.axial_row(j).enumerate() { v.push((l.residual[sw.start + k].abs(), format!("w {i} {j}"))); } }
    v.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("   {}", v.iter().take(12).map(|(r, s)| format!("{s}:{r:.1e}")).collect::<Vec<_>>().join("  "));
}
