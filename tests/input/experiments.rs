//! Tables of measurements: what is read, and how each kind of mistake is answered at its place.

use nanomold::experiments::{self, Column, Measured};
use nanomold::input::InputError;

const GOOD: &str = "\
# lengths of one day
d_nm, T_C, p_GPa, t_s, L_nm, sigma_nm, L0_nm, length, note
60, 297, 1.25, 36000, 280, 14, 15, tip, \"first, best\"

20,297,1.25,36000,310,,,,
";

fn parse(text: &str) -> Result<experiments::Experiments, InputError> {
    experiments::parse("data.csv", text.to_owned())
}

/// The first problem: line, column and message, and its help.
fn refused(text: &str) -> (usize, usize, String, String) {
    let error = parse(text).expect_err("the table is wrong");
    let problem = &error.problems()[0];
    let (_, line, column) = problem.location().expect("it has a place");
    (
        line,
        column,
        problem.message().to_owned(),
        problem.remedy().to_owned(),
    )
}

#[test]
fn a_table_with_comments_gaps_and_quotes() {
    let table = parse(GOOD).unwrap();
    let [first, second] = table.rows() else {
        panic!("two rows")
    };
    assert_eq!((first.line, second.line), (3, 5));
    assert_eq!(first.note, "first, best");
    assert_eq!((first.sigma_nm, second.sigma_nm), (Some(14.0), None));
    assert_eq!((first.L0_nm, second.L0_nm), (Some(15.0), None));
    assert_eq!(second.measured, Measured::Tip);
    // SI: 60 nm, 297 °C, 1.25 GPa; 280e-9/√(1.25e9·36000) = 4.174e-14.
    assert!(
        (first.diameter() - 60e-9).abs() < 1e-20 && (first.temperature() - 570.15).abs() < 1e-9
    );
    assert!((first.normalised_length() / 4.174e-14 - 1.0).abs() < 1e-3);
    // Anyone who uses the rows can point at a cell of theirs: `297` of line 5 starts in column 4.
    let problem = table.problem(second, Column::Temperature, "alone", "more");
    assert_eq!(problem.location(), Some(("data.csv", 5, 4)));
}

#[test]
fn wrong_headers_say_what_is_missing_or_meant() {
    let (line, column, message, help) = refused("d_nm,T_C,p_nm,t_s,L_nm\n60,297,1250,36000,280\n");
    assert_eq!((line, column), (1, 10), "{message}");
    assert!(
        message.contains("`nm` is no unit that `p_nm` can have") && help.contains("p_GPa"),
        "{help}"
    );
    let (.., message, help) = refused("d,T_C,p_GPa,t_s,L_nm\n60,297,1.25,36000,280\n");
    assert!(
        message.contains("`d` has no unit") && help.contains("`d_nm`"),
        "{message}"
    );

    let error = parse("d_nm,T_C,L_nm\n60,297,280\n").unwrap_err();
    let messages: Vec<_> = error.problems().iter().map(|p| p.message()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("`p_GPa` is missing") && messages[1].contains("`t_s` is missing"));

    // The same quantity by two names.
    let twice = refused("d_nm,d (µm),T_C,p_GPa,t_s,L_nm\n60,0.06,297,1,1,1\n");
    assert!(twice.2.contains("twice"), "{}", twice.2);
    // Numbers under a name that resembles an optional column are not a comment.
    let (.., message, help) = refused("d_nm,T_C,p_GPa,t_s,L_nm,sigm_nm\n60,297,1,1,1,1\n");
    assert!(message.contains("unknown column `sigm_nm`") && help.contains("`sigma_nm`"));
    let empty = parse("# nothing\n").unwrap_err().to_string();
    assert!(empty.contains("no table"), "{empty}");
    assert!(refused("d_nm,T_C,p_GPa,t_s,L_nm\n").2.contains("no rows"));
    let open = refused("d_nm,T_C,p_GPa,t_s,L_nm,note\n60,297,1,1,1,\"wide\n");
    assert!(open.2.contains("quote is opened and not closed") && open.0 == 2);
}

/// What laboratories write beside lengths: scatter and number of wires, flags, molds, the distance of the pores.
#[test]
fn a_table_with_all_that_a_laboratory_knows() {
    let table = parse(
        "d (nm);T (K);p (MPa);t (h);L (µm);sd_nm;n;sd_d_nm;bias_d_nm;mold;pitch_nm;flag;broken;operator\n\
         60;570,15;1250;10;0,28;28;16;6;3;A;150;;;Ada\n\
         40;570,15;1250;10;0,25;20;4;4;2;A;100;bundled;;Ada\n\
         30;570,15;1250;10;0,3;20;4;3;;B;;;yes;Bo\n\
         20;570,15;1250;10;;;;;;B;;;;Bo\n",
    )
    .unwrap();
    let [row] = table.rows() else {
        panic!("three of four are left out: {:?}", table.remarks())
    };
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-12;
    assert!(near(row.T_C, 297.0) && near(row.p_GPa, 1.25) && near(row.t_s, 36_000.0));
    assert!(near(row.L_nm, 280.0));
    // The mean of 16 wires is known to a fourth of their scatter.
    assert_eq!(
        (row.sigma_nm, row.scatter_nm, row.wires),
        (Some(7.0), Some(28.0), Some(16.0))
    );
    assert_eq!(
        (row.spread_d_nm, row.bias_d_nm, row.pitch_nm),
        (Some(6.0), Some(3.0), Some(150.0))
    );
    assert_eq!(row.mold, "A");
    // A hexagonal array of pores 5 R apart has cells of 0.525·5 R.
    assert!((row.cell_radius().unwrap() - 0.525 * 5.0).abs() < 1e-3);
    let remarks = table.remarks().join("\n");
    for part in [
        "columns that are not used: `operator`",
        "1 line flagged `bundled` (line 3)",
        "1 line marked `broken` (line 4)",
        "1 line without a length (line 5)",
    ] {
        assert!(remarks.contains(part), "{part} in {remarks}");
    }
    // What is read is written and read again.
    let again = parse(&experiments::to_csv(
        table.rows(),
        &["a comment".to_owned()],
    ))
    .unwrap();
    assert_eq!(
        again.rows(),
        [experiments::Experiment {
            line: 3,
            ..row.clone()
        }]
    );
}

#[test]
fn normalised_lengths_become_lengths() {
    let table = parse(
        "d_nm,T_C,p_GPa,t_s,L/√(pt) (nm GPa^(-1/2) s^(-1/2))\n60,297,1.25,36000,1.32 ± 0.066\n",
    )
    .unwrap();
    let row = &table.rows()[0];
    // 1.32 nm GPa^(−1/2) s^(−1/2) · √(1.25 · 36000) = 280.0 nm.
    assert!((row.L_nm - 1.32 * 45_000f64.sqrt()).abs() < 1e-9);
    assert!((row.sigma_nm.unwrap() - 0.05 * row.L_nm).abs() < 1e-9);
    assert!(table.remarks()[0].contains("behind ±"));
}

#[test]
fn wrong_cells_are_named_by_line_and_column() {
    let with = |row: &str| {
        refused(&format!(
            "d_nm,T_C,p_GPa,t_s,L_nm,sigma_nm,L0_nm,length\n60,297,1.25,36000,280,14,15,tip\n{row}\n"
        ))
    };
    for (row, column, part) in [
        ("-60,297,1.25,36000,280,,,", 1, "diameter of -60"),
        ("6e-8,297,1.25,36000,280,,,", 1, "smaller than an atom"),
        ("60,-300,1.25,36000,280,,,", 4, "not possible"),
        ("60,297,1250,36000,280,,,", 8, "beyond any press"),
        ("60,297,1.25,0,280,,,", 13, "a time of 0"),
        ("60,297,1.25,36000,-1,,,", 19, "a length of -1"),
        ("60,297,1.25,36000,x,,,", 19, "`x` is not a finite number"),
        ("60,297,1.25,36000,inf,,,", 19, "not a finite number"),
        ("60,297,1.25,,280,,,", 13, "empty"),
        (
            "60,297,1.25,36000,0.28,,,",
            19,
            "shorter than a fiftieth of its diameter",
        ),
        ("60,297,1.25,36000,281,0,,", 23, "standard deviation of 0"),
        ("60,297,1.25,36000,281,,300,", 24, "has not grown"),
        ("60,297,1.25,36000,281,,,middle", 25, "`middle`"),
        ("60,297,1.25,36000", 1, "4 cells, the header has 8"),
    ] {
        let (line, at, message, help) = with(row);
        assert_eq!((line, at), (3, column), "{row}: {message}");
        assert!(message.contains(part), "{row}: {message}");
        assert!(
            message.contains("line 3") && !help.is_empty(),
            "{row}: {message}"
        );
    }
    // All of them at once, not one per attempt.
    let error = parse("d_nm,T_C,p_GPa,t_s,L_nm\n-1,297,1,1,1\n1,297,-1,1,1\n").unwrap_err();
    assert_eq!(error.problems().len(), 2);
}
