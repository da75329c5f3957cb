//! `ro-crate-metadata.json`: what a run's folder is, as research repositories and electronic notebooks read it (RO-Crate 1.1).

use super::record::{RunRecord, RunStatus};
use serde_json::{Value, json};

/// Name of the file.
pub const CRATE: &str = "ro-crate-metadata.json";

/// Endings of files, their media types, and what they are.
const KINDS: [(&str, &str, &str); 10] = [
    (
        "csv",
        "text/csv",
        "a table with the unit in each column's name",
    ),
    ("json", "application/json", "the result in one record"),
    ("toml", "application/toml", "the case"),
    ("png", "image/png", "a picture"),
    ("svg", "image/svg+xml", "a picture"),
    (
        "pvd",
        "application/xml",
        "a time series of fields for ParaView",
    ),
    ("vtu", "application/xml", "fields of one moment"),
    (
        "vtp",
        "application/xml",
        "fields of one moment along a line",
    ),
    ("vts", "application/xml", "fields of one moment, revolved"),
    (
        "vtkhdf",
        "application/x-hdf5",
        "a time series of fields for ParaView",
    ),
];

/// The metadata of a run with these files, named relative to its folder.
pub(super) fn metadata(record: &RunRecord, files: &[String]) -> String {
    let parts: Vec<Value> = files.iter().map(|file| json!({ "@id": file })).collect();
    let program = json!({
        "@id": "#nanomold",
        "@type": "SoftwareApplication",
        "name": record.program,
        "version": record.version,
        "description": "Nanomolding of metallic glasses: viscous flow coupled to interface diffusion",
    });
    let reached = match record.status {
        RunStatus::Finished => "CompletedActionStatus",
        RunStatus::Interrupted | RunStatus::Failed => "FailedActionStatus",
    };
    let run = json!({
        "@id": "#run",
        "@type": "CreateAction",
        "name": format!("run of the case {}", record.case),
        "instrument": { "@id": "#nanomold" },
        "object": { "@id": "case.resolved.toml" },
        "result": { "@id": "./" },
        "startTime": record.started_utc,
        "endTime": record.finished_utc,
        "actionStatus": format!("http://schema.org/{reached}"),
    });
    let quantity = |name: &str, value: f64, unit: &str| json!({ "@id": format!("#{name}"), "@type": "PropertyValue", "name": name, "value": value, "unitText": unit });
    let quantities = [
        quantity("length", record.length_nm, "nm"),
        quantity("time", record.time_s, "s"),
    ];
    let measured: Vec<Value> = quantities
        .iter()
        .map(|q| json!({ "@id": q["@id"] }))
        .collect();
    let mut graph = vec![
        json!({
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": { "@id": "https://w3id.org/ro/crate/1.1" },
            "about": { "@id": "./" },
        }),
        json!({
            "@id": "./",
            "@type": "Dataset",
            "name": format!("nanomolding: {}", record.case),
            "description": format!(
                "A simulated wire of metallic glass in a nanopore: {:.2} nm after {} s ({} model).",
                record.length_nm, record.time_s, record.model
            ),
            "datePublished": record.finished_utc,
            "hasPart": parts,
            "mentions": [{ "@id": "#run" }],
            "variableMeasured": measured,
        }),
        program,
        run,
    ];
    graph.extend(quantities);
    graph.extend(files.iter().map(|file| {
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        let kind = KINDS.iter().find(|(known, ..)| *known == ending);
        let (media, what) =
            kind.map_or(("text/plain", "a text"), |(_, media, what)| (*media, *what));
        json!({ "@id": file, "@type": "File", "name": what, "encodingFormat": media })
    }));
    let crate_ = json!({ "@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph });
    format!("{crate_:#}\n")
}
