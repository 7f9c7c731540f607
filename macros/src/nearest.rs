//! What was probably meant by a name that does not exist.

/// The nearest of the names, if it is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.len() / 3).clamp(1, 3);
    of_a_length(name, names, allowed)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|&(distance, _)| distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// No distance is less than the difference in length, so most names need not be compared.
fn of_a_length<'a>(name: &str, names: impl IntoIterator<Item = &'a str>, allowed: usize) -> impl Iterator<Item = &'a str> {
    let length = name.chars().count();
    names.into_iter().filter(move |candidate| candidate.chars().count().abs_diff(length) <= allowed)
}

/// How many letters have to be put in, left out, changed or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_what_a_slip_of_the_hand_meant() {
        let names = ["model", "messages", "max_tokens", "provider"];
        for (slip, meant) in
            [("modle", Some("model")), ("max_token", Some("max_tokens")), ("mesages", Some("messages")), ("level", None)]
        {
            assert_eq!(nearest(slip, names), meant, "{slip}");
        }
    }

    #[test]
    fn a_name_of_another_length_is_not_compared() {
        let names = ["model", "messages", "max_tokens", "provider"];
        assert_eq!(of_a_length("mode", names, 1).collect::<Vec<_>>(), ["model"]);
        assert_eq!(of_a_length(&"m".repeat(20_000), names, 3).next(), None);
    }
}
