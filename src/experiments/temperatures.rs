//! Which temperatures belong together: thermometers read floats, and floats are no keys.

/// Measurements whose temperatures are no more than this apart (K), one by one, were made at one temperature unless the user says otherwise.
pub const SAME_TEMPERATURE_K: f64 = 1.0;

/// Groups of indices of `celsius`, highest temperature first, each with its mean. Two neighbours that differ by no more than
/// `tolerance` (K) are in one group.
pub fn same_temperature(celsius: &[f64], tolerance: f64) -> Vec<(f64, Vec<usize>)> {
    let mut order: Vec<usize> = (0..celsius.len()).collect();
    order.sort_by(|&a, &b| celsius[b].total_cmp(&celsius[a]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for index in order {
        match groups.last_mut() {
            Some(group) if celsius[group[group.len() - 1]] - celsius[index] <= tolerance => {
                group.push(index);
            }
            _ => groups.push(vec![index]),
        }
    }
    groups
        .into_iter()
        .map(|mut group| {
            let (highest, lowest) = (celsius[group[0]], celsius[group[group.len() - 1]]);
            let sum: f64 = group.iter().map(|&index| celsius[index]).sum();
            group.sort_unstable();
            // A mean of equal numbers is that number, to the last bit.
            let mean = match highest == lowest {
                true => highest,
                false => (100.0 * sum / group.len() as f64).round() / 100.0,
            };
            (mean, group)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_together_and_presses_apart() {
        let found = same_temperature(&[297.2, 307.0, 296.8, 297.0, 306.9], 1.0);
        assert_eq!(found, [(306.95, vec![1, 4]), (297.0, vec![0, 2, 3])]);
        let apart = same_temperature(&[297.2, 297.0], 0.1);
        assert_eq!(apart, [(297.2, vec![0]), (297.0, vec![1])]);
    }
}
