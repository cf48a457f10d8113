use super::attribution::{Strength, judge};
use super::*;

fn thread<'a>(earlier: &'a [&'a str]) -> Thread<'a> {
    Thread {
        earlier,
        marker: None,
    }
}

mod attributions;
mod containers;
mod history;
mod limits;
mod programs;
mod replies;
