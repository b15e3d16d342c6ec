//! Puts what the last full run of each build has measured into the documentation: a table, and a plot of the ratios.
//! The plot has a band for each workload, and in it a dot for each contestant, on a logarithmic scale.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::contestants::{Contestant, Hanotify, Httparse, HttparseChecked, Map, NaiveNom};
use super::judge::aims;
use super::messages::workloads;
use super::report::{find, find_nanoseconds, processor, saved};

const PAGE: &str = "docs/performance.md";
const PLOT: &str = "docs/parser-ratios.svg";
/// The figures on the page are between these.
const MARKS: [&str; 2] = ["<!-- measured -->\n", "<!-- to here -->\n"];

/// Publishes, with when and where it was measured: complains where nothing was.
pub(crate) fn publish(when_and_where: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [Ok(simd), Ok(plain)] = ["simd", "plain"].map(|build| fs::read_to_string(saved(build))) else {
        return vec!["run `cargo bench --bench parser` first, with and without `--no-default-features`".to_owned()];
    };
    let page = fs::read_to_string(root.join(PAGE)).expect("the page");
    let (before, rest) = page.split_once(MARKS[0]).expect("the mark where the figures begin");
    let (_, after) = rest.split_once(MARKS[1]).expect("the mark where they end");
    let figures = format!("{when_and_where}, on {}:\n\n{}", processor(), table(&simd, &plain));
    let page = [before, MARKS[0], &figures, MARKS[1], after].concat();
    fs::write(root.join(PAGE), page).expect("the page is written");
    fs::write(root.join(PLOT), svg(&simd, &plain)).expect("the plot is written");
    Vec::new()
}

fn table(simd: &str, plain: &str) -> String {
    let mut table = "| | hanotify, ns | httparse, ns | ratio (middle half) | aim \
        | without `simd`, ns | ratio (middle half) | aim |\n\
        |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for workload in workloads() {
        let name = workload.name;
        let time = |measured, who| find_nanoseconds(measured, name, who).unwrap_or(f64::NAN);
        let ratio = |measured| {
            let [low, median, high] = find(measured, name, Hanotify::NAME).unwrap_or([f64::NAN; 3]);
            format!("{median:.2} ({low:.2} to {high:.2})")
        };
        let [aim, aim_of_plain] = aims(name).unwrap_or([f64::NAN; 2]);
        let _ = writeln!(
            table,
            "| {name} | {:.1} | {:.1} | {} | {aim:.1} | {:.1} | {} | {aim_of_plain:.1} |",
            time(simd, Hanotify::NAME),
            time(simd, Httparse::NAME),
            ratio(simd),
            time(plain, Hanotify::NAME),
            ratio(plain)
        );
    }
    table
}

const WIDTH: f64 = 760.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 70.0;
const BAND: f64 = 64.0;
/// The ends of the scale.
const RANGE: [f64; 2] = [0.05, 20.0];
const TICKS: [f64; 9] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0];

/// A contestant of a build, and how it is drawn.
struct Series {
    build: &'static str,
    contestant: &'static str,
    label: &'static str,
    colour: &'static str,
}

const SERIES: [Series; 5] = [
    Series { build: "simd", contestant: Hanotify::NAME, label: "hanotify", colour: "#0b6e4f" },
    Series { build: "plain", contestant: Hanotify::NAME, label: "hanotify without simd", colour: "#5fb49c" },
    Series { build: "simd", contestant: HttparseChecked::NAME, label: HttparseChecked::NAME, colour: "#c05299" },
    Series { build: "simd", contestant: Map::NAME, label: Map::NAME, colour: "#3a6ea5" },
    Series { build: "simd", contestant: NaiveNom::NAME, label: NaiveNom::NAME, colour: "#d1842b" },
];

/// The plot of what both builds have measured.
fn svg(simd: &str, plain: &str) -> String {
    let workloads: Vec<&str> = workloads().iter().map(|workload| workload.name).collect();
    let height = TOP + BAND * workloads.len() as f64 + 40.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
        font-size=\"12\">\n\
        <title>How many times as fast as httparse, which only parses</title>\n\
        <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    scale(&mut svg, height - 40.0);
    legend(&mut svg);
    for (number, workload) in workloads.into_iter().enumerate() {
        let top = TOP + BAND * number as f64;
        text(&mut svg, LEFT - 10.0, top + BAND / 2.0 + 4.0, "end", workload);
        let _ = writeln!(svg, "<path d=\"M{LEFT} {top}H{}\" stroke=\"#ccc\"/>", WIDTH - RIGHT);
        for (row, series) in SERIES.iter().enumerate() {
            let measured = if series.build == "simd" { simd } else { plain };
            if let Some(spread) = find(measured, workload, series.contestant) {
                dot(&mut svg, spread, top + BAND * (row as f64 + 1.0) / (SERIES.len() as f64 + 1.0), series);
            }
        }
        if let Some([aim, _]) = aims(workload) {
            let x = x(aim);
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {:.1}v{:.1}\" stroke=\"#0b6e4f\" stroke-dasharray=\"3 2\"/>",
                top + 4.0,
                BAND - 8.0
            );
        }
    }
    svg + "</svg>\n"
}

fn scale(svg: &mut String, bottom: f64) {
    for tick in TICKS {
        let x = x(tick);
        let (colour, width) = if (tick - 1.0).abs() < f64::EPSILON { ("#333", 1.5) } else { ("#ddd", 1.0) };
        let _ = writeln!(svg, "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>");
        text(svg, x, bottom + 16.0, "middle", &format!("{tick}×"));
    }
    text(svg, x(1.0), bottom + 32.0, "middle", "httparse, which only parses");
}

fn legend(svg: &mut String) {
    text(
        svg,
        10.0,
        20.0,
        "start",
        "Parsing and full validation: how many times as fast as httparse; dashed: the aim with simd",
    );
    let mut left = LEFT - 60.0;
    for series in &SERIES {
        let _ = writeln!(svg, "<circle cx=\"{left}\" cy=\"44\" r=\"5\" fill=\"{}\"/>", series.colour);
        text(svg, left + 9.0, 48.0, "start", series.label);
        left += 30.0 + series.label.len() as f64 * 6.2;
    }
}

/// The median, and a line over the range of the middle half.
fn dot(svg: &mut String, [low, median, high]: [f64; 3], y: f64, series: &Series) {
    let colour = series.colour;
    let _ = writeln!(svg, "<path d=\"M{:.1} {y:.1}H{:.1}\" stroke=\"{colour}\" stroke-width=\"2\"/>", x(low), x(high));
    let _ = writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{colour}\"/>", x(median));
    text(svg, x(high.max(median)) + 8.0, y + 4.0, "start", &format!("{median:.2}"));
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\">{text}</text>");
}

fn x(ratio: f64) -> f64 {
    let [low, high] = RANGE.map(f64::ln);
    LEFT + (WIDTH - LEFT - RIGHT) * (ratio.clamp(RANGE[0], RANGE[1]).ln() - low) / (high - low)
}
