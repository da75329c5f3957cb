//! Choosing a device from what was asked for and what there is.

use super::request::split;
use super::{AdapterSummary, DeviceError, DeviceRequest};

/// Work, in cells × cases, from which `auto` takes a real GPU.
///
/// An estimate that has not been measured on a GPU: below it, launching the dispatches of a cycle (some 60, whatever the
/// size) is expected to take about as long as computing them on a CPU of many cores.
pub const WORTHWHILE_CELLS: usize = 20_000;

/// What computes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Index of the adapter; `None` for the CPU.
    pub adapter: Option<usize>,
    /// The user named the device, here or in the environment; nothing else may take its place unasked.
    pub explicit: bool,
    /// Why, as the second half of a sentence.
    pub reason: String,
}

/// Chooses what computes. `environment_name` is the value of `WGPU_ADAPTER_NAME`, the adapter that `auto` takes for enough work;
/// `work_cells` is the number of cells times the number of cases. `search` finds the adapters, which loads their drivers: it is
/// not called for the CPU, nor by `auto` for too little work, whatever the environment says.
///
/// # Errors
/// Those of `search` and of [`find`], in [`DeviceError::Environment`] where the environment names the adapter.
pub fn choose(
    request: &DeviceRequest,
    environment_name: Option<&str>,
    work_cells: usize,
    search: impl FnOnce() -> Result<Vec<AdapterSummary>, DeviceError>,
) -> Result<Choice, DeviceError> {
    if *request == DeviceRequest::Auto && work_cells < WORTHWHILE_CELLS {
        return Ok(too_little(environment_name, work_cells));
    }
    let adapters = match request {
        DeviceRequest::Cpu => Vec::new(),
        _ => search()?,
    };
    let (adapter, reason) = match (request, environment_name) {
        (DeviceRequest::Auto, None) => return Ok(automatic(&adapters, work_cells)),
        (DeviceRequest::Auto, Some(name)) => {
            let found = DeviceRequest::named(name).and_then(|named| find(&named, &adapters));
            let found = found.map_err(|error| DeviceError::Environment(Box::new(error)))?;
            (found, "named by WGPU_ADAPTER_NAME")
        }
        (asked, _) => (find(asked, &adapters)?, "asked for by --device"),
    };
    Ok(Choice {
        adapter: adapter.map(|adapter| adapter.index),
        explicit: true,
        reason: reason.to_string(),
    })
}

/// The adapter that an index or a name means; `None` for the CPU and, as nothing is named, for `auto`.
///
/// A name means the adapter that is called exactly so, else the ones whose names contain it. One GPU under several
/// backends is one GPU: the first of them is taken.
///
/// # Errors
/// [`DeviceError::NoSuchIndex`], [`DeviceError::NoSuchName`] and [`DeviceError::Ambiguous`], which list what there is.
pub fn find<'a>(
    request: &DeviceRequest,
    adapters: &'a [AdapterSummary],
) -> Result<Option<&'a AdapterSummary>, DeviceError> {
    match request {
        DeviceRequest::Auto | DeviceRequest::Cpu => Ok(None),
        DeviceRequest::Index(index) => match adapters.iter().find(|a| a.index == *index) {
            Some(adapter) => Ok(Some(adapter)),
            None => Err(DeviceError::NoSuchIndex {
                index: *index,
                available: adapters.to_vec(),
            }),
        },
        DeviceRequest::Name(name) => by_name(name, adapters).map(Some),
    }
}

fn by_name<'a>(
    given: &str,
    adapters: &'a [AdapterSummary],
) -> Result<&'a AdapterSummary, DeviceError> {
    let (backend, name) = split(given);
    let name = name.to_lowercase();
    let matching = |fits: fn(&str, &str) -> bool| -> Vec<&AdapterSummary> {
        adapters
            .iter()
            .filter(|a| backend.is_none_or(|backend| a.backend == backend))
            .filter(|a| fits(&a.name.to_lowercase(), &name))
            .collect()
    };
    // `RTX 4070` is not `RTX 4070 Ti`, although the second contains it.
    let mut matches = matching(|name, asked| name == asked);
    if matches.is_empty() {
        matches = matching(|name, asked| name.contains(asked));
    }
    let Some(&first) = matches.first() else {
        return Err(DeviceError::NoSuchName {
            name: given.to_string(),
            available: adapters.to_vec(),
        });
    };
    // Two of the same name and backend are two GPUs.
    let one_gpu = matches.iter().enumerate().all(|(k, a)| {
        a.name == first.name && matches[..k].iter().all(|other| other.backend != a.backend)
    });
    if one_gpu {
        Ok(first)
    } else {
        Err(DeviceError::Ambiguous {
            name: given.to_string(),
            matches: matches.into_iter().cloned().collect(),
        })
    }
}

/// What `auto` means below [`WORTHWHILE_CELLS`]: the CPU, whatever adapters there are.
fn too_little(environment_name: Option<&str>, work_cells: usize) -> Choice {
    let cells = grouped(work_cells);
    let named = environment_name.map_or(String::new(), |name| {
        format!(", {name} of WGPU_ADAPTER_NAME included")
    });
    Choice {
        adapter: None,
        explicit: false,
        reason: format!(
            "{cells} cells are too few to gain by an adapter{named}; `--device` with an index or a name takes one all the same"
        ),
    }
}

/// What `auto` means from [`WORTHWHILE_CELLS`] on: the first real GPU, otherwise the CPU; never a software adapter, which is
/// slower than the CPU backend.
fn automatic(adapters: &[AdapterSummary], work_cells: usize) -> Choice {
    let cells = grouped(work_cells);
    let (adapter, reason) = match (adapters, adapters.iter().find(|a| !a.is_software())) {
        ([], _) => (None, "no adapter was found".to_string()),
        ([only], None) => (
            None,
            format!("the only adapter, {}, is a software one", only.name),
        ),
        (several, None) => (
            None,
            format!("all {} adapters are software ones", several.len()),
        ),
        (_, Some(gpu)) => (
            Some(gpu.index),
            format!("{cells} cells are worth it; `--device cpu` takes the CPU"),
        ),
    };
    Choice {
        adapter,
        explicit: false,
        reason,
    }
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::AdapterKind::{Discrete, Integrated, Software};
    use super::super::tests::made_up;
    use super::*;

    /// A workstation: two cards of one maker, the processor's graphics, the first card a second time, a software adapter.
    fn workstation() -> Vec<AdapterSummary> {
        vec![
            made_up(0, "Maker RTX 4070", "Vulkan", Discrete),
            made_up(1, "Maker RTX 4070 Ti", "Vulkan", Discrete),
            made_up(2, "Maker RTX 4070", "DX12", Discrete),
            made_up(3, "Iris Graphics", "Vulkan", Integrated),
            made_up(4, "llvmpipe (LLVM 15.0.6)", "Vulkan", Software),
        ]
    }

    fn index(text: &str, adapters: &[AdapterSummary]) -> Result<Option<usize>, DeviceError> {
        find(&text.parse().unwrap(), adapters).map(|found| found.map(|adapter| adapter.index))
    }

    #[test]
    fn names_and_indices_mean_one_adapter() {
        let there = workstation();
        for (text, expected) in [
            ("3", Some(3)),
            ("iris", Some(3)),
            ("LLVMPIPE", Some(4)),
            // The exact name goes before the longer one; the same card under DX12 is no second choice.
            ("maker rtx 4070", Some(0)),
            ("4070 ti", Some(1)),
            ("dx12:4070", Some(2)),
            ("vk:iris", Some(3)),
            ("vulkan:Maker RTX 4070", Some(0)),
            ("cpu", None),
            ("auto", None),
        ] {
            assert_eq!(index(text, &there).unwrap(), expected, "{text}");
        }
    }

    /// The message names each of these adapters on a line of its own, and no other.
    fn assert_lists(message: &str, there: &[AdapterSummary], listed: &[usize]) {
        assert!(message.contains("nanomold devices"), "{message}");
        for adapter in there {
            let lines = message
                .lines()
                .filter(|line| {
                    line.trim_start()
                        .starts_with(&format!("{}  ", adapter.index))
                })
                .filter(|line| line.contains(&adapter.name) && line.contains(adapter.backend))
                .count();
            let expected = usize::from(listed.contains(&adapter.index));
            assert_eq!(lines, expected, "{}: {message}", adapter.index);
        }
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let there = workstation();
        for text in ["5", "99", "nonsense", "metal:iris", "dx12:iris", "vulkan"] {
            let message = index(text, &there).unwrap_err().to_string();
            assert!(message.contains(text), "{message}");
            assert_lists(&message, &there, &[0, 1, 2, 3, 4]);
        }
        // Digits of a name are taken for an index, and the message says how to write the name.
        let message = |text: &str| index(text, &there).unwrap_err().to_string();
        assert!(
            message("4070").contains("`vulkan:4070`"),
            "{}",
            message("4070")
        );
        assert!(!message("99").contains("vulkan:"), "{}", message("99"));
        assert_eq!(index("dx12:4070", &there).unwrap(), Some(2));
        for text in ["0", "nonsense"] {
            let message = index(text, &[]).unwrap_err().to_string();
            for part in [
                text,
                "no adapter was found",
                "nanomold devices",
                "--device cpu",
            ] {
                assert!(message.contains(part), "`{part}` is not in: {message}");
            }
        }
    }

    #[test]
    fn a_name_of_several_gpus_is_refused_with_those() {
        let there = workstation();
        for (text, listed) in [
            ("rtx 407", &[0, 1, 2][..]),
            ("vulkan:rtx", &[0, 1]),
            ("vulkan:i", &[1, 3, 4]),
        ] {
            let error = index(text, &there).unwrap_err();
            assert!(matches!(error, DeviceError::Ambiguous { .. }), "{error}");
            assert_lists(&error.to_string(), &there, listed);
        }
        // Two cards of one name are two GPUs, one card under two backends is one.
        let twins = [
            made_up(0, "Card", "Vulkan", Discrete),
            made_up(1, "Card", "Vulkan", Discrete),
        ];
        assert_lists(
            &index("card", &twins).unwrap_err().to_string(),
            &twins,
            &[0, 1],
        );
        let twice = [
            made_up(0, "Card", "Vulkan", Discrete),
            made_up(1, "Card", "DX12", Discrete),
        ];
        assert_eq!(index("card", &twice).unwrap(), Some(0));
        assert_eq!(index("1", &twins).unwrap(), Some(1));
    }

    #[test]
    fn automatic_takes_a_real_gpu_for_enough_work() {
        let mut there = workstation();
        let choice = automatic(&there, WORTHWHILE_CELLS);
        assert_eq!((choice.adapter, choice.explicit), (Some(0), false));
        assert!(choice.reason.contains("20 000 cells"), "{}", choice.reason);
        // The first real one, wherever it stands.
        there.rotate_right(1);
        assert!(there[0].is_software());
        assert_eq!(automatic(&there, 1 << 30).adapter, Some(0));
        assert_eq!(automatic(&there[4..], 1 << 30).adapter, Some(3));
    }

    #[test]
    fn automatic_never_takes_a_software_adapter() {
        let software = |index| made_up(index, "llvmpipe", "Vulkan", Software);
        for (there, part) in [
            (vec![], "no adapter"),
            (vec![software(0)], "the only adapter, llvmpipe"),
            (vec![software(0), software(1)], "all 2 adapters"),
        ] {
            let choice = automatic(&there, 1 << 30);
            assert_eq!(choice.adapter, None);
            assert!(choice.reason.contains(part), "{}", choice.reason);
        }
        // Negative control: the same list with a GPU in it.
        let there = [software(0), made_up(1, "Card", "Vulkan", Discrete)];
        assert_eq!(automatic(&there, 1 << 30).adapter, Some(1));
    }

    #[test]
    fn the_environment_stands_for_auto_only() {
        let there = workstation();
        let chosen = |text: &str, environment: Option<&str>| {
            let search = || Ok(there.clone());
            choose(
                &text.parse().unwrap(),
                environment,
                WORTHWHILE_CELLS,
                search,
            )
            .map(|choice| (choice.adapter, choice.explicit))
        };
        assert_eq!(chosen("auto", Some("llvmpipe")).unwrap(), (Some(4), true));
        assert_eq!(chosen("auto", None).unwrap(), (Some(0), false));
        assert_eq!(chosen("cpu", Some("llvmpipe")).unwrap(), (None, true));
        assert_eq!(chosen("iris", Some("llvmpipe")).unwrap(), (Some(3), true));
        assert_eq!(chosen("3", Some("nonsense")).unwrap(), (Some(3), true));
        // A number in the environment is a part of a name.
        let message = chosen("auto", Some("3")).unwrap_err().to_string();
        assert!(message.starts_with("WGPU_ADAPTER_NAME: "), "{message}");
        assert_lists(&message, &there, &[0, 1, 2, 3, 4]);
        let message = chosen("nonsense", Some("iris")).unwrap_err().to_string();
        assert!(!message.contains("WGPU_ADAPTER_NAME"), "{message}");
    }

    /// Drivers are loaded for an adapter that is named and for enough work, and for nothing else.
    #[test]
    fn adapters_are_searched_only_where_one_may_be_taken() {
        let enough = WORTHWHILE_CELLS;
        for (text, environment, work_cells, searches) in [
            ("auto", None, enough - 1, 0),
            ("auto", Some("llvmpipe"), enough - 1, 0),
            ("auto", Some("nonsense"), enough - 1, 0),
            ("cpu", Some("llvmpipe"), enough, 0),
            ("auto", None, enough, 1),
            ("auto", Some("llvmpipe"), enough, 1),
            ("0", None, 1, 1),
            ("iris", None, 1, 1),
        ] {
            let mut count = 0;
            let search = || {
                count += 1;
                Ok(workstation())
            };
            let choice = choose(&text.parse().unwrap(), environment, work_cells, search).unwrap();
            assert_eq!(count, searches, "{text}, {environment:?}, {work_cells}");
            assert_eq!(choice.adapter.is_some(), searches > 0);
        }
        // The reason says how to insist, and that the environment has been seen.
        let none = || panic!("a search");
        let choice = choose(&DeviceRequest::Auto, Some("iris"), enough - 1, none).unwrap();
        for part in [
            "19 999 cells",
            "too few",
            "--device",
            "iris",
            "WGPU_ADAPTER_NAME",
        ] {
            assert!(choice.reason.contains(part), "{}", choice.reason);
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (13_824, "13 824"),
            (1_234_567, "1 234 567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
