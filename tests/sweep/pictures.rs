//! Pictures and report of a sweep: read back from the files and compared with its tables.

use crate::common::program::nanomold;
use crate::common::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::TempDir;

/// A sweep file over the flagship; returns its path.
fn sweep_file(folder: &TempDir, rest: &str) -> PathBuf {
    let path = folder.path().join("sweep.toml");
    let case = root().join("cases/ni_d60_297C.toml");
    let facts = root().join("cases/facts/ni45pd35p16b4.toml");
    let text = format!("case_file = {case:?}\nfacts_file = {facts:?}\nmodel = \"reduced\"\n{rest}");
    fs::write(&path, text).unwrap();
    path
}

fn axis(key: &str, from: f64, to: f64, points: usize, scale: &str) -> String {
    format!(
        "[[axis]]\nkey = \"{key}\"\nfrom = {from}\nto = {to}\npoints = {points}\nscale = \"{scale}\"\n"
    )
}

fn map_axes(temperatures: usize, diameters: usize) -> String {
    axis(
        "process.temperature_C",
        200.0,
        330.0,
        temperatures,
        "linear",
    ) + &axis("pore.diameter_nm", 8.0, 300.0, diameters, "logarithmic")
}

/// Columns of a CSV file; empty cells are NaN.
fn columns(path: &Path, names: &[&str]) -> Vec<Vec<f64>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let places: Vec<usize> = (names.iter())
        .map(|name| header.iter().position(|one| one == *name).unwrap())
        .collect();
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| {
        let cells = places.iter().map(|&k| row[k].parse().unwrap_or(f64::NAN));
        cells.collect()
    })
    .collect()
}

/// An element of an SVG: its attributes as text, and what stands in it.
struct Element {
    name: String,
    attributes: String,
    text: String,
}

impl Element {
    fn get(&self, key: &str) -> Option<&str> {
        let rest = self.attributes.split(&format!(" {key}=\"")).nth(1)?;
        rest.split('"').next()
    }

    fn number(&self, key: &str) -> f64 {
        self.get(key).unwrap().parse().unwrap()
    }

    fn points(&self) -> Vec<[f64; 2]> {
        let points = self.get("points").unwrap().split_whitespace();
        points
            .map(|pair| {
                let (x, y) = pair.split_once(',').unwrap();
                [x.parse().unwrap(), y.parse().unwrap()]
            })
            .collect()
    }
}

fn elements(svg: &Path) -> Vec<Element> {
    let text = fs::read_to_string(svg).unwrap();
    let parts = text
        .split('<')
        .skip(1)
        .filter(|part| !part.starts_with('/'));
    parts
        .map(|part| {
            let (tag, inside) = part.split_once('>').unwrap();
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            Element {
                name: name.to_owned(),
                attributes: format!(" {attributes}"),
                text: inside.trim().to_owned(),
            }
        })
        .collect()
}

/// Pixel of a value along an axis, by two of its tick labels.
struct Scale {
    ticks: [(f64, f64); 2],
    logarithmic: bool,
}

impl Scale {
    /// From the tick labels among `elements` at `at` (pixel) on the other axis, `along` x or y.
    fn read(elements: &[Element], along: &str, anchor: &str, logarithmic: bool) -> Self {
        let labels = elements.iter().filter(|e| {
            e.name == "text" && e.get("text-anchor") == Some(anchor) && e.get("transform").is_none()
        });
        let mut ticks: Vec<(f64, f64)> = labels
            .filter_map(|e| Some((e.text.parse().ok()?, e.number(along))))
            .collect();
        ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let [first, .., last] = ticks[..] else {
            panic!("{along} has no two ticks")
        };
        Scale {
            ticks: [first, last],
            logarithmic,
        }
    }

    fn pixel(&self, value: f64) -> f64 {
        let to = |v: f64| if self.logarithmic { v.ln() } else { v };
        let [(a, at_a), (b, at_b)] = self.ticks;
        at_a + (to(value) - to(a)) / (to(b) - to(a)) * (at_b - at_a)
    }
}

/// Red, green and blue by (column, row).
fn pixels(png: &Path) -> impl Fn(f64, f64) -> [i32; 3] + use<> {
    let decoder = png::Decoder::new(fs::File::open(png).unwrap());
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    move |x, y| {
        let at = 3 * (y.round() as usize * info.width as usize + x.round() as usize);
        [0, 1, 2].map(|k| i32::from(bytes[at + k]))
    }
}

fn distance(points: &[[f64; 2]], [x, y]: [f64; 2]) -> f64 {
    let segments = points.windows(2).map(|pair| {
        let [[a, b], [c, d]] = [pair[0], pair[1]];
        let (u, v) = (c - a, d - b);
        let t = (((x - a) * u + (y - b) * v) / (u * u + v * v)).clamp(0.0, 1.0);
        (a + t * u - x).hypot(b + t * v - y)
    });
    segments.fold(f64::INFINITY, f64::min)
}

/// The map has the colour of the colour bar at the share in the table, its line runs where the table of critical diameters
/// says, and the published points stand at their places; shards give, merged, the same files.
#[test]
fn the_map_shows_what_the_tables_say() {
    let folder = TempDir::new().unwrap();
    let file = sweep_file(&folder, &map_axes(40, 30));
    let file = file.to_str().unwrap();
    let output = nanomold(folder.path(), &["sweep", file, "--out", "o"]);
    assert!(output.status.success(), "{output:?}");
    let out = folder.path().join("o");
    let drawn = elements(&out.join("map.svg"));
    let x = Scale::read(&drawn, "x", "middle", false);
    let y = Scale::read(&drawn, "y", "end", true);
    let bar = Scale::read(&drawn, "y", "start", false);
    let images: Vec<&Element> = drawn.iter().filter(|e| e.name == "image").collect();
    assert_eq!(images.len(), 2, "cells and colour bar");
    let middle = images[1].number("x") + 0.5 * images[1].number("width");
    let bottom = images[1].number("y") + images[1].number("height") - 1.0;
    let color = pixels(&out.join("map.png"));

    let table = columns(&out.join("sweep.csv"), &["T_C", "d_nm", "layer_share"]);
    assert_eq!(table.len(), 1200);
    // A tenth may lie under line, discs, bars and dashes.
    let agreeing = |planted: f64| {
        let same = table.iter().filter(|row| {
            let share = (row[2] + planted).clamp(0.0, 1.0);
            let cell = color(x.pixel(row[0]), y.pixel(row[1]));
            let expected = color(middle, bar.pixel(share).min(bottom));
            // A pixel of the bar is a 500th of it; viridis changes by less than 600 in all channels together along it.
            let off: i32 = (0..3).map(|k| (cell[k] - expected[k]).abs()).sum();
            off <= 4
        });
        same.count() as f64 / table.len() as f64
    };
    println!(
        "colours: {} agree, with 0.05 planted {}",
        agreeing(0.0),
        agreeing(0.05)
    );
    assert!(agreeing(0.0) > 0.9);
    // Negative control. Shares are known to half a tenth and better.
    assert!(agreeing(0.05) < 0.2);

    // White on black: the line of d_c. The legend has one too.
    let lines: Vec<Vec<[f64; 2]>> = (drawn.iter())
        .filter(|e| e.name == "polyline" && e.get("stroke") == Some("#FFFFFF"))
        .filter(|e| e.get("stroke-width") == Some("3"))
        .map(Element::points)
        .filter(|points| points.len() > 10)
        .collect();
    assert_eq!(lines.len(), 1);
    let criticals = columns(&out.join("critical_diameter.csv"), &["T_C", "d_c_nm"]);
    let known: Vec<&Vec<f64>> = criticals.iter().filter(|c| c[1].is_finite()).collect();
    assert_eq!(known.len(), 40);
    let off = |factor: f64| -> Vec<f64> {
        let at = |c: &&Vec<f64>| [x.pixel(c[0]), y.pixel(factor * c[1])];
        known.iter().map(|c| distance(&lines[0], at(c))).collect()
    };
    let worst = off(1.0).into_iter().fold(0.0, f64::max);
    println!("the line is at most {worst:.2} pixels off");
    // Corners are whole pixels: less than one off, and a half for the ticks.
    assert!(worst < 1.3, "{worst}");
    // Negative control: a diameter 8 % larger is 11 pixels higher, and the line is nowhere steeper than some 70°.
    assert!(off(1.08).into_iter().all(|d| d > 2.0), "{:?}", off(1.08));

    // 287 °C, 97 nm, 36000 s: a black disc; 307 °C, 31 nm for 900 s: a white one.
    let disc = |celsius: f64, nm: f64| {
        let mut all = drawn
            .iter()
            .filter(|e| e.name == "circle" && e.get("r") == Some("6"));
        let near = |e: &&Element| {
            (e.number("cx") - x.pixel(celsius)).hypot(e.number("cy") - y.pixel(nm)) < 1.5
        };
        all.find(near)
            .and_then(|e| e.get("fill"))
            .map(str::to_owned)
    };
    assert_eq!(disc(287.0, 97.0).as_deref(), Some("#101010"));
    assert_eq!(disc(307.0, 31.0).as_deref(), Some("#FFFFFF"));
    assert_eq!(disc(287.0, 90.0), None);
    // T_f for ten hours, 288 °C, is labelled, at its place.
    let label = drawn
        .iter()
        .find(|e| e.text.starts_with("bulk glass transition"));
    let label = label.expect("the bulk's transition is marked");
    assert_eq!(label.text, "bulk glass transition 288 °C");
    assert!((label.number("x") + 8.0 - x.pixel(288.0)).abs() < 3.0);

    let mut merge = vec!["merge", file, "--out", "m"];
    for shard in ["1/2", "2/2"] {
        let name: &'static str = if shard == "1/2" { "s1" } else { "s2" };
        let call = ["sweep", file, "--shard", shard, "--out", name];
        assert!(nanomold(folder.path(), &call).status.success());
        assert!(!folder.path().join(name).join("report.html").exists());
        merge.push(name);
    }
    assert!(nanomold(folder.path(), &merge).status.success());
    let merged = folder.path().join("m");
    assert!(merged.join("report.html").exists());
    for name in ["map.svg", "map.png", "lengths.svg", "lengths.png"] {
        assert!(fs::read(out.join(name)).unwrap() == fs::read(merged.join(name)).unwrap());
    }
}

/// Fig. 5: laws of slope 1 and −1/2, a diamond at each crossing of the table.
#[test]
fn the_laws_cross_where_the_table_says() {
    let folder = TempDir::new().unwrap();
    let file = root().join("cases/sweeps/fig5_ni.toml");
    let output = nanomold(
        folder.path(),
        &["sweep", file.to_str().unwrap(), "--out", "o"],
    );
    assert!(output.status.success(), "{output:?}");
    let out = folder.path().join("o");
    let drawn = elements(&out.join("lengths.svg"));
    let x = Scale::read(&drawn, "x", "middle", true);
    let y = Scale::read(&drawn, "y", "end", true);
    let criticals = columns(
        &out.join("critical_diameter.csv"),
        &["T_C", "d_c_crossing_nm"],
    );
    let crossings: Vec<f64> = criticals
        .iter()
        .map(|c| c[1])
        .filter(|d| d.is_finite())
        .collect();
    assert_eq!(crossings.len(), 7);
    // The white rim and the black diamond on it.
    let diamonds: Vec<f64> = (drawn.iter())
        .filter(|e| e.name == "polygon" && e.get("fill") == Some("#101010"))
        .map(Element::points)
        .filter(|points| points.len() == 4)
        .map(|points| points.iter().map(|p| p[0]).sum::<f64>() / 4.0)
        .collect();
    let near = |d: f64| diamonds.iter().any(|at| (at - x.pixel(d)).abs() < 1.5);
    assert!(crossings.iter().all(|&d| near(d)), "{diamonds:?}");
    // Negative control: 3 % are 7 pixels.
    let elsewhere = crossings.iter().filter(|&&d| near(1.03 * d)).count();
    assert!(elsewhere <= 2, "{elsewhere}");
    // Ratio of the scales: pixels per e-fold.
    let unit = [
        x.pixel(1f64.exp()) - x.pixel(1.0),
        y.pixel(1f64.exp()) - y.pixel(1.0),
    ];
    let mut slopes: Vec<f64> = (drawn.iter())
        .filter(|e| e.name == "polyline" && e.get("stroke-width") == Some("2"))
        .filter(|e| e.get("stroke") != Some("#101010") || e.points().len() == 2)
        .map(Element::points)
        .filter(|p| p.len() == 2 && (p[1][0] - p[0][0]).abs() > 60.0 && p[1][1] != p[0][1])
        .map(|p| (p[1][1] - p[0][1]) / unit[1] / ((p[1][0] - p[0][0]) / unit[0]))
        .collect();
    slopes.sort_by(f64::total_cmp);
    println!("{slopes:?}");
    assert_eq!(slopes.len(), 14);
    // Ends are whole pixels.
    let law = |part: &[f64], slope: f64| part.iter().all(|found| (found - slope).abs() < 0.03);
    assert!(law(&slopes[..7], -0.5) && law(&slopes[7..], 1.0));
}

/// Everything that `src` and `href` name is inside or beside the report; hostile names do no harm; it stays small and quick.
#[test]
fn the_report_needs_nothing_else() {
    let folder = TempDir::new().unwrap();
    let hostile = "name = \"<script>alert(1)<script>\"\ndescription = '\"><img src=x onerror=alert(2)> & more'\n";
    let file = sweep_file(&folder, &(hostile.to_owned() + &map_axes(100, 100)));
    let clock = Instant::now();
    let output = nanomold(
        folder.path(),
        &["sweep", file.to_str().unwrap(), "--out", "o"],
    );
    let all = clock.elapsed();
    assert!(output.status.success(), "{output:?}");
    let out = folder.path().join("o");
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    println!(
        "100 × 100 points with pictures in {all:?}, {} bytes",
        html.len()
    );
    assert!(html.len() < 3_000_000 && html.len() > 10_000);
    // Held to a second on two calm cores; others may be at work here.
    assert!(all.as_secs_f64() < 5.0, "{all:?}");
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("url("));
    assert!(html.contains("&lt;script&gt;alert(1)"));
    for attribute in ["src=\"", "href=\""] {
        for rest in html.split(attribute).skip(1) {
            let target = rest.split('"').next().unwrap();
            let inside = target.starts_with("data:image/png;base64,");
            assert!(inside || out.join(target).is_file(), "{target}");
        }
    }
    // The name space of SVG is a name, not an address that is opened.
    let rest = html.replace("http://www.w3.org/2000/svg", "");
    assert!(!rest.contains("http:") && !rest.contains("https:"));
    let facts = [
        "Computed.",
        "Stated.",
        "97 nm at 287 °C",
        "commit",
        "sweep.csv",
        "wall time",
    ];
    for fact in facts {
        assert!(html.contains(fact), "{fact}");
    }
    // The whole of no table is longer than what a reader looks at.
    assert!(html.matches("<tr>").count() < 500);
}

/// What cannot be drawn is left out with the reason; `output.plots = false` leaves the report alone.
#[test]
fn what_is_not_drawn_is_said() {
    let folder = TempDir::new().unwrap();
    let rest = axis("pore.diameter_nm", 8.0, 300.0, 10, "logarithmic");
    let file = sweep_file(&folder, &rest);
    let file = file.to_str().unwrap();
    assert!(
        nanomold(folder.path(), &["sweep", file, "--out", "o"])
            .status
            .success()
    );
    let out = folder.path().join("o");
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(
        html.contains("the temperature does not vary along an axis"),
        "{html}"
    );
    assert!(out.join("lengths.png").exists() && !out.join("map.png").exists());
    let again = [
        "sweep",
        file,
        "--out",
        "o",
        "--force",
        "--set",
        "output.plots=false",
    ];
    assert!(nanomold(folder.path(), &again).status.success());
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("output.plots is false") && !html.contains("<svg"));
    // That of the sweep before is gone.
    assert!(!out.join("lengths.png").exists());
}

/// The report of a sweep some points of which fail.
fn report_of_failures(folder: &TempDir, rest: &str, out: &str) -> String {
    let file = sweep_file(folder, rest);
    let call = [
        "sweep",
        file.to_str().unwrap(),
        "--model",
        "full",
        "--out",
        out,
    ];
    assert_eq!(nanomold(folder.path(), &call).status.code(), Some(1));
    fs::read_to_string(folder.path().join(out).join("report.html")).unwrap()
}

/// Failed points stand first, with their reasons.
#[test]
fn failed_points_are_listed() {
    let folder = TempDir::new().unwrap();
    let rest = "[set]\nfront.model = \"flat\"\nmesh.cells_per_radius = 8\noutput.frames = 0\n\
                process.stop_length_nm = 40\nnumerics.estimate_error = false\n\
                [[axis]]\nkey = \"numerics.max_steps\"\nvalues = [1000, 1]\n\
                [[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [40, 60]\n";
    let html = report_of_failures(&folder, rest, "o");
    let failed = html
        .find("2 of 4 points failed")
        .expect("failures are named");
    let reason = html.find("max_steps = 1").expect("the reason is given");
    assert!(failed < reason && reason < html.find("<figure").unwrap());

    let rest = "[set]\nfront.model = \"flat\"\nmesh.cells_per_radius = 8\noutput.frames = 0\nnumerics.max_steps = 1\n\
                [[axis]]\nkey = \"process.temperature_C\"\nvalues = [287, 297]\n\
                [[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [40, 60]\n";
    let html = report_of_failures(&folder, rest, "none");
    for said in [
        "4 of 4 points failed",
        "no point has a result",
        "has two diameters",
    ] {
        assert!(html.contains(said), "{said}");
    }
    assert!(!html.contains("<figure"));
}
