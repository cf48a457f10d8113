use super::attribution::{Strength, judge};
use super::*;

mod attributions;
mod containers;
mod history;
mod limits;
mod replies;
