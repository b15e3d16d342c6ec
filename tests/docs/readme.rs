//! The README states the figures of the pages that have them from a command.

use hanotify::ErrorKind;

use super::{read, root, table};

/// The cells of docs/neutron.md about one case: of Neutron 29.0.0, of 24.2.2, and of hanotify.
fn measured(page: &str, case: &str) -> Vec<String> {
    if case == "umask" {
        let rows = table(page, "| server | mode of the socket | the other user's notification |");
        return rows.into_iter().take(3).map(|row| row[2].clone()).collect();
    }
    let rows = table(page, "| weakness | case | neutron-29.0.0 | neutron-24.2.2 | hanotify |");
    let row = rows.into_iter().find(|row| row[1] == format!("`{case}`"));
    row.unwrap_or_else(|| panic!("docs/neutron.md has no case {case}"))[2..].to_vec()
}

/// The words of a cell that have to be in what was measured: what is in backquotes, or else the numbers, or else all of
/// it.
fn figures(cell: &str) -> Vec<&str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    let is_number = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
    let numbers = cell.split(['`', ' ', ',']).filter(is_number);
    let found: Vec<&str> = quoted.chain(numbers).collect();
    if found.is_empty() { vec![cell] } else { found }
}

#[test]
fn the_readme_states_of_released_agents_what_their_page_does() {
    let readme = read(&root().join("README.md"));
    let page = read(&root().join("docs/neutron.md"));
    let rows = table(&readme, "| what arrives | Neutron 29.0.0 | Neutron 24.2.2 | hanotify | case |");
    assert!(rows.len() >= 8, "{rows:?}");
    for row in rows {
        let measured = measured(&page, row[4].trim_matches('`'));
        for (stated, measured) in row[1..4].iter().zip(measured) {
            let wrong: Vec<&str> = figures(stated).into_iter().filter(|word| !measured.contains(word)).collect();
            assert!(wrong.is_empty(), "{}: {stated}: {wrong:?} is not in {measured:?}", row[0]);
        }
    }
}

#[test]
fn the_readme_counts_the_published_cases_and_the_refusals() {
    let readme = read(&root().join("README.md"));
    let coverage = read(&root().join("docs/coverage.md"));
    let (_, count) = coverage.split_once("There are ").expect("the number of cases");
    let (cases, _) = count.split_once(" cases").expect("the number of cases");
    assert!(readme.contains(&format!("{cases} published cases")), "{cases}");
    assert!(readme.contains(&format!("{} kinds of refusal", ErrorKind::ALL.len())));
}
