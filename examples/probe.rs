use nanomold::flow::{discretise::*, grid::*, solver::*};
use std::time::Instant;
fn main() {
    let a: Vec<f64> = std::env::args().skip(1).map(|s| s.parse().unwrap()).collect();
    let (n, l, lam, rc, h) = (a[0] as usize, a[1], a[2], a[3], a[4]);
    let e = Extent { cell_radius: rc, reservoir_depth: h, cells_per_radius: n, growth: 1.1, longest_cell: 2.0 };
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
    match st { Ok(s) => println!("  cycles {} {:?}", s.cycles, s.residuals.iter().map(|r| format!("{r:.1e}")).collect::<Vec<_>>().join(" ")), Err(e) => println!("  {e}") }
}
