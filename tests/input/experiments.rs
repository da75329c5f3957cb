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
    let (line, column, message, help) = refused("d_nm,T_C,p_MPa,t_s,L_nm\n60,297,1250,36000,280\n");
    assert_eq!((line, column), (1, 10), "{message}");
    assert!(
        message.contains("p_MPa") && help.contains("1 MPa = 0.001 GPa"),
        "{help}"
    );

    let error = parse("d_nm,T_C,L_nm\n60,297,280\n").unwrap_err();
    let messages: Vec<_> = error.problems().iter().map(|p| p.message()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("`p_GPa` is missing") && messages[1].contains("`t_s` is missing"));

    assert!(
        refused("d_nm,d_nm,T_C,p_GPa,t_s,L_nm\n")
            .2
            .contains("twice")
    );
    assert!(
        refused("d_nm;T_C;p_GPa;t_s;L_nm\n")
            .2
            .contains("semicolons")
    );
    assert!(
        parse("# nothing\n")
            .unwrap_err()
            .to_string()
            .contains("no table")
    );
    assert!(refused("d_nm,T_C,p_GPa,t_s,L_nm\n").2.contains("no rows"));
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
        ("60,297,1.25,36000,,,,", 19, "empty"),
        ("60,297,1.25,36000,281,0,,", 23, "standard deviation of 0"),
        ("60,297,1.25,36000,281,,300,", 24, "has not grown"),
        ("60,297,1.25,36000,281,,,middle", 25, "`middle`"),
        ("60,297,1.25,36000", 1, "4 cells, the header has 8"),
        ("60,297,1.25,36000,280,,,", 1, "line 3 repeats line 2"),
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
