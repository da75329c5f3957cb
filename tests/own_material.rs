//! Materials that people have: laws of viscosity, blocks that are left out, numbers with their sources, and what a run then says.

use nanomold::case::{self, InputError};
use nanomold::materials::{Material, Provenance};
use nanomold::physics::constants::{celsius, kelvin};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn platinum() -> PathBuf {
    root().join("cases/materials/pt57cu15ni5p22.toml")
}

fn rendered(error: &InputError) -> String {
    format!("{:?}", miette::Report::new(error.clone()))
}

/// The text of the platinum alloy with another `[viscosity]`.
fn with_viscosity(viscosity: &str) -> String {
    let text = std::fs::read_to_string(platinum()).unwrap();
    let (start, end) = (
        text.find("[viscosity]").unwrap(),
        text.find("[relaxation]").unwrap(),
    );
    format!(
        "{}[viscosity]\nconvention = \"newtonian\"\n{viscosity}\n{}",
        &text[..start],
        &text[end..]
    )
}

fn read(text: &str) -> Result<Material, InputError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alloy.toml");
    std::fs::write(&path, text).unwrap();
    case::load_material(&path, &[])
}

fn material(viscosity: &str) -> Material {
    read(&with_viscosity(viscosity)).unwrap_or_else(|error| panic!("{}", rendered(&error)))
}

fn quantity(value: f64) -> String {
    format!("{{ value = {value}, provenance = \"assumed\" }}")
}

/// Each law of the liquid, with a temperature in °C and ln(η/η_ref) there worked out by hand.
fn laws() -> Vec<(&'static str, String, f64, f64)> {
    let reference = format!(
        "T_reference_C = {}\neta_reference_Pa_s = {}\n",
        quantity(226.85),
        quantity(1e12)
    );
    let given = |rest: &[(&str, f64)]| {
        let lines = rest
            .iter()
            .map(|(key, value)| format!("{key} = {}\n", quantity(*value)));
        reference.clone() + &lines.collect::<String>()
    };
    vec![
        // D*T_0 (1/(T − T_0) − 1/(T_ref − T_0)) = 15·350 (1/200 − 1/150) = −8.75 at 550 K, T_ref = 500 K.
        (
            "VFT",
            given(&[("D_star", 15.0), ("T_0_K", 350.0)]),
            276.85,
            -8.75,
        ),
        // (E/k_B)(1/550 − 1/500) = 3/8.617333e-5 · (−1.818182e-4) = −6.32972.
        (
            "Arrhenius",
            given(&[("E_liquid_eV", 3.0)]),
            276.85,
            -6.329_72,
        ),
        // A = 16, m = 48: log₁₀(η/η_∞) = 16 (10/11) exp(2 (10/11 − 1)) = 12.12741; less 16 it is −3.87259 decades, −8.91697.
        (
            "MYEGA",
            given(&[("eta_infinite_Pa_s", 1e-4), ("fragility", 48.0)]),
            276.85,
            -8.916_97,
        ),
        // T − T_0 = 100 and 150 K, C = 20 K: B/(100 + √(10⁴ + 10⁴)) = 2000/241.42136 = 8.284271, B/(150 + √(22500 + 11000)) = 2000/333.02998 = 6.005465 decades.
        (
            "Cohen-Grest",
            given(&[("T_0_K", 400.0), ("B_K", 2000.0), ("C_K", 20.0)]),
            276.85,
            (6.005_465 - 8.284_271) * std::f64::consts::LN_10,
        ),
        // A table of an Arrhenius liquid, which is straight over 1/T: the first law's −6.32972 again.
        (
            "table",
            format!(
                "table = {{ points = [[226.85, 1e12], [251.85, {:e}], [326.85, {:e}]], provenance = \"measured\" }}\n",
                1e12 * f64::exp(3.0 / 8.617_333_262e-5 * (1.0 / 525.0 - 1.0 / 500.0)),
                1e12 * f64::exp(3.0 / 8.617_333_262e-5 * (1.0 / 600.0 - 1.0 / 500.0)),
            ),
            276.85,
            -6.329_72,
        ),
    ]
}

#[test]
fn every_law_gives_what_it_gives_by_hand() {
    for (law, keys, at, expected) in laws() {
        let alloy = material(&format!("law = \"{law}\"\n{keys}"));
        assert_eq!(alloy.viscosity.law.name(), law);
        let eta = |celsius: f64| alloy.equilibrium_newtonian_viscosity(kelvin(celsius));
        assert!((eta(226.85) / 1e12 - 1.0).abs() < 1e-9, "{law}");
        // Six digits were worked out.
        let found = (eta(at) / 1e12).ln();
        assert!(
            (found / expected - 1.0).abs() < 2e-6,
            "{law}: {found} {expected}"
        );
        // The kinetic glass transition inverts τ_B = η/G∞ with G∞ = 33.3 GPa.
        for time in [1.0, 300.0, 36_000.0] {
            let transition = alloy.bulk_glass_transition(time);
            assert!(
                (alloy.bulk_relaxation_time(transition) / time - 1.0).abs() < 1e-9,
                "{law}"
            );
            assert!(
                (eta(celsius(transition)) / (33.3e9 * time) - 1.0).abs() < 1e-9,
                "{law}"
            );
        }
        // The steepness is the slope of the law over T_g/T, by a difference of another width.
        let (t_g, step) = (alloy.glass_transition(), 1e-3);
        let lg = |x: f64| alloy.equilibrium_newtonian_viscosity(t_g / x).log10();
        let slope = (lg(1.0 + step) - lg(1.0 - step)) / (2.0 * step);
        assert!((alloy.fragility() / slope - 1.0).abs() < 1e-4, "{law}");
        // Negative control: in the other convention the liquid is twice as viscous.
        let mut apparent = alloy.clone();
        apparent.viscosity.convention = nanomold::materials::ViscosityConvention::Apparent;
        let twice = apparent.equilibrium_newtonian_viscosity(kelvin(at)) / eta(at);
        assert!((twice - 2.0).abs() < 1e-12, "{law}");
    }
}

#[test]
fn a_table_of_a_law_is_the_law() {
    let (_, keys, ..) = laws().remove(0);
    let law = material(&format!("law = \"VFT\"\n{keys}"));
    let eta = |celsius: f64| law.equilibrium_newtonian_viscosity(kelvin(celsius));
    let points: Vec<String> = (0..=12)
        .map(|k| 200.0 + 10.0 * f64::from(k))
        .map(|at| format!("[{at}, {:e}]", eta(at)))
        .collect();
    let table = material(&format!(
        "law = \"table\"\ntable = {{ points = [{}], provenance = \"measured\" }}",
        points.join(", ")
    ));
    let off = |at: f64| (table.equilibrium_newtonian_viscosity(kelvin(at)) / eta(at) - 1.0).abs();
    // Every 10 K over twelve decades: within 0.3 % between, at the ends, where the slope is that of the secant, 5 %.
    for at in [220.0, 225.0, 233.0, 267.5, 285.0] {
        assert!(off(at) < 3e-3, "{at} °C: {}", off(at));
    }
    assert!(off(204.0) < 5e-2 && off(316.0) < 5e-2);
    // Negative control: a line through every second point is off by more.
    assert!((eta(210.0) * eta(230.0)).sqrt() / eta(220.0) - 1.0 > 3e-2);
}

/// Each mistake, what is said, what is offered, and the place: line and column in the text.
#[test]
fn bad_laws_are_answered_with_their_place() {
    let q = quantity;
    let reference = format!(
        "T_reference_C = {}\neta_reference_Pa_s = {}\n",
        q(226.85),
        q(1e12)
    );
    let vft = format!("{reference}D_star = {}\nT_0_K = {}\n", q(15.0), q(350.0));
    let table = |points: &str| {
        format!("law = \"table\"\ntable = {{ points = {points}, provenance = \"measured\" }}\n")
    };
    let cases = [
        (
            format!("{vft}shear_activation_volume_A3 = {}\n", q(-150.0)),
            "must be positive",
            "a positive number",
            "-150",
        ),
        (
            format!("{vft}shear_activation_volume_A3 = {}\n", q(1.5e5)),
            "thousands of atoms",
            "1 nm³ = 1000 Å³",
            "150000",
        ),
        (
            table("[[250, 1e9], [240, 1e10]]"),
            "do not increase: 250 °C is followed by 240 °C",
            "in the order of their temperatures",
            "[240, 1e10]",
        ),
        (
            table("[[240, 1e9], [250, 1e10]]"),
            "does not fall with temperature",
            "before it crystallises",
            "[250, 1e10]",
        ),
        (
            table("[[240, 1e9]]"),
            "not fixed by 1 points",
            "two or more",
            "[[240, 1e9]]",
        ),
        (
            table("[[240, 1e9], [250, -1]]"),
            "does not exist",
            "positive viscosity",
            "[250, -1]",
        ),
        (
            format!("law = \"Arrhenius\"\n{reference}"),
            "the Arrhenius law needs `E_liquid_eV`",
            "takes T_reference_C",
            "[viscosity]",
        ),
        (
            format!("law = \"Arrhenius\"\n{vft}E_liquid_eV = {}\n", q(3.0)),
            "`D_star` does not belong to the Arrhenius law",
            "takes T_reference_C, eta_reference_Pa_s, E_liquid_eV",
            "D_star",
        ),
        (
            format!(
                "law = \"MYEGA\"\n{reference}eta_infinite_Pa_s = {}\nfragility = {}\n",
                q(1e13),
                q(50.0)
            ),
            "no thinner than at the reference",
            "1e-5 to 1e-2",
            "10000000000000",
        ),
        (
            format!(
                "law = \"MYEGA\"\n{reference}eta_infinite_Pa_s = {}\nfragility = {}\n",
                q(1e-4),
                q(10.0)
            ),
            "below that of an Arrhenius liquid, 16.0",
            "16.0 or more",
            "fragility",
        ),
        (
            format!("law = \"WLF\"\n{vft}"),
            "\"WLF\" is not a valid",
            "\"Cohen-Grest\"",
            "WLF",
        ),
        (
            format!("{vft}fictive = {{ model = \"TNM\", beta = {} }}\n", q(0.7)),
            "without `E_glass_eV`",
            "activation energy of the glass",
            "fictive",
        ),
        (
            vft.replace("\"assumed\"", "\"literature\""),
            "of which publication?",
            "source =",
            "\"literature\"",
        ),
    ];
    for (viscosity, message, remedy, place) in cases {
        let text = with_viscosity(&viscosity);
        let error = read(&text).expect_err(message);
        let said = rendered(&error);
        for phrase in [message, remedy, "alloy.toml:"] {
            let flat = said
                .replace("\n  │ ", " ")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            assert!(flat.contains(phrase), "`{phrase}` is not in\n{said}");
        }
        let (_, line, _) = error.problems()[0].location().unwrap();
        let there = text.lines().nth(line - 1).unwrap();
        assert!(there.contains(place), "{message}: line {line}, {there}");
    }
    // Negative control: the law itself is accepted.
    assert!(read(&with_viscosity(&vft)).is_ok());
}

#[test]
fn relaxation_is_given_once() {
    let text = std::fs::read_to_string(platinum()).unwrap();
    let both = text.replace(
        "G_infinite_GPa",
        "tau_g_s = { value = 10, provenance = \"measured\" }\nG_infinite_GPa",
    );
    assert!(rendered(&read(&both).unwrap_err()).contains("given twice"));
    let start = text.find("G_infinite_GPa").unwrap();
    let none = format!(
        "{}{}",
        &text[..start],
        &text[start + text[start..].find('\n').unwrap()..]
    );
    assert!(rendered(&read(&none).unwrap_err()).contains("the relaxation time is missing"));
}

#[test]
fn the_platinum_alloy_says_what_is_published_and_what_not() {
    let alloy = case::load_material(&platinum(), &[]).unwrap();
    assert_eq!(alloy.T_g_C.provenance, Provenance::Literature);
    assert!(alloy.T_g_C.source.as_ref().unwrap().contains("Schroers"));
    assert!(
        alloy.interface.is_none()
            && alloy.bulk_diffusion.is_none()
            && alloy.crystallisation.is_none()
    );
    // A fragility of 57 is what D* and T_0 were chosen for, at 489 K.
    assert!((alloy.viscosity.steepness(kelvin(216.0)) - 57.0).abs() < 0.5);
    // h/Ω = 6.62607e-34/1.42e-29 = 4.67e-5 Pa·s at infinite temperature, to the digits of D* and T_0.
    let infinite = alloy.equilibrium_newtonian_viscosity(1e9);
    assert!((2.3e-5..9.3e-5).contains(&infinite), "{infinite:e}");
    let assumed = alloy.law_ranges();
    assert!(assumed.len() == 1 && assumed[0].assumed);
}

#[test]
fn a_case_asks_for_what_its_options_need() {
    let path = root().join("cases/pt_d100_270C.toml");
    assert!(case::load(&path, &[]).is_ok());
    let cases: [(&[&str], &str, &str); 5] = [
        (
            &["interface.diffusivity_factor=1"],
            "it has no [interface]",
            "diffusivity_factor = 0",
        ),
        (
            &["composition.model=elements"],
            "has no [interface]",
            "composition.model = \"uniform\"",
        ),
        (
            &["composition.model=elements"],
            "it has no [bulk_diffusion]",
            "bulk_diffusivity_factor = 0",
        ),
        // τ_B = η/G = 120 s at 4e12 Pa·s: some 213 °C.
        (
            &["process.temperature_C=205"],
            "the viscosity of Pt57.5Cu14.7Ni5.3P22.5 is not known: it gives no `E_glass_eV`",
            "a higher temperature",
        ),
        (
            &["process.temperature_C=310"],
            "outside the range",
            "from 180 to 300 °C",
        ),
    ];
    for (sets, message, remedy) in cases {
        let sets: Vec<String> = sets.iter().map(|one| (*one).to_owned()).collect();
        let said = rendered(&case::load(&path, &sets).expect_err(message));
        let flat = said
            .replace("\n  │ ", " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for phrase in [message, remedy] {
            assert!(flat.contains(phrase), "`{phrase}` is not in\n{said}");
        }
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let alloy = std::fs::read_to_string(platinum()).unwrap();
    std::fs::write(
        folder.path().join("alloy.toml"),
        &alloy[..alloy.find("[capillarity]").unwrap()],
    )
    .unwrap();
    let own = text
        .replace("materials/pt57cu15ni5p22.toml", "alloy.toml")
        .replace("../meshes", &root().join("meshes").display().to_string());
    let file = folder.path().join("case.toml");
    std::fs::write(&file, &own).unwrap();
    assert!(rendered(&case::load(&file, &[]).unwrap_err()).contains("it has no [capillarity]"));
    let sets = ["interface.capillarity=false".to_owned()];
    assert!(case::load(&file, &sets).is_ok());
}

#[test]
fn nothing_diffuses_with_a_diffusivity_of_zero() {
    let path = root().join("cases/ni_d60_297C.toml");
    let zero = [
        "material.interface.D_reference_m2_per_s=0",
        "material.bulk_diffusion.D_reference_m2_per_s=0",
    ];
    let loaded = case::load(&path, &zero.map(str::to_owned)).unwrap();
    assert_eq!(
        loaded.case.layer_mobility(&loaded.material, 570.0, 1e9),
        0.0
    );
    let negative = ["material.interface.D_reference_m2_per_s=-1e-17".to_owned()];
    assert!(rendered(&case::load(&path, &negative).unwrap_err()).contains("cannot be negative"));
}

#[test]
fn what_is_not_known_is_said_and_not_predicted() {
    let path = root().join("cases/zr_d120_420C.toml");
    let warnings = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|one| (*one).to_owned()).collect();
        case::load(&path, &sets).unwrap().warnings().join("\n")
    };
    let said = warnings(&["composition.model=elements"]);
    assert!(said.contains("no relative diffusivities"), "{said}");
    assert!(said.contains("has no [crystallisation]"), "{said}");
    // Negative controls: a uniform composition promises nothing, and one faster element is a difference.
    assert_eq!(warnings(&[]), "");
    let ratio =
        "material.interface.relative_diffusivity.Cu={ value = 2, provenance = \"assumed\" }";
    assert!(!warnings(&["composition.model=elements", ratio]).contains("no relative"));
    // A law whose numbers are assumed is nowhere called known.
    let said = warnings(&["process.temperature_C=460"]);
    assert!(
        said.contains("it is assumed for use from 420 to 440 °C") && !said.contains("known from"),
        "{said}"
    );
}

#[test]
fn heating_without_a_fictive_temperature_is_told_once() {
    let path = root().join("cases/ni_d60_297C.toml");
    let warnings = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|one| (*one).to_owned()).collect();
        let all = case::load(&path, &sets).unwrap().warnings();
        all.iter()
            .filter(|one| one.contains("viscosity.fictive"))
            .count()
    };
    let ramp = "process.temperature_schedule=[[0, 250], [60, 300], [120, 320], [36000, 320]]";
    assert_eq!(warnings(&[ramp]), 1);
    // Negative controls: cooling, heating as slow as the liquid follows (τ_B(317 °C) = 76 s), and with the model.
    assert_eq!(
        warnings(&["process.temperature_schedule=[[0, 320], [36000, 290]]"]),
        0
    );
    assert_eq!(
        warnings(&["process.temperature_schedule=[[0, 317], [36000, 327]]"]),
        0
    );
    let tnm = "material.viscosity.fictive={ model = \"TNM\", beta = { value = 0.7, provenance = \"assumed\" } }";
    assert_eq!(warnings(&[ramp, tnm]), 0);
}
