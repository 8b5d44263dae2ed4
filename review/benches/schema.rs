//! Native time of comparing two schemas, text in and text out, as JavaScript does it. `npm run bench -- schema` hands the texts
//! in on standard input, one a line, and sets the numbers beside those of WebAssembly.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use counterfoil_review::door;
use std::hint::black_box;
use std::io::Read;

fn main() {
    if !std::env::args().any(|argument| argument == "--job") {
        println!("`npm run bench -- schema` runs this");
        return;
    }
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("standard input is UTF-8");
    let times: Vec<Vec<f64>> = input
        .lines()
        .map(|pair| (0..9).map(|_| processor(|| door::schema::diff(pair).map(|text| text.len()).ok())).collect())
        .collect();
    println!("{}", serde_json::json!(times));
}

/// Milliseconds of processor time, so that a busy machine does not matter.
fn processor<T>(work: impl FnOnce() -> T) -> f64 {
    let nanoseconds = || -> f64 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
    };
    let start = nanoseconds();
    black_box(work());
    (nanoseconds() - start) / 1e6
}
