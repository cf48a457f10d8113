//! What callers ask for in the query: how much, from where, and which.

use crate::http::{Form, Refusal};
use std::str::FromStr;

/// How many, unless asked otherwise; and at most.
const USUAL: usize = 50;
const MOST: usize = 200;

/// `limit`, between 1 and 200.
pub fn limit(query: &Form) -> Result<usize, Refusal> {
    let limit: Option<usize> = parsed(query, "limit")?;
    Ok(limit.unwrap_or(USUAL).clamp(1, MOST))
}

/// The value of `name`, if it is given.
///
/// # Errors
/// 400 naming the parameter, where the value cannot be one.
pub fn parsed<T: FromStr>(query: &Form, name: &str) -> Result<Option<T>, Refusal> {
    let Some(text) = query.given(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| odd(name, text))
}

/// The value of `name` by a table of words.
pub fn chosen<T>(
    query: &Form,
    name: &str,
    choose: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(text) = query.given(name) else {
        return Ok(None);
    };
    choose(text).map(Some).ok_or_else(|| odd(name, text))
}

/// `true`, `1`, `yes` and their opposites.
pub fn flag(query: &Form, name: &str) -> Result<Option<bool>, Refusal> {
    chosen(query, name, |text| match text {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    })
}

fn odd(name: &str, text: &str) -> Refusal {
    Refusal::bad_request(format!("`{name}` cannot be `{text}`"))
        .remedy("see the API's description of this call")
}
