//! Two contacts that may be one person: a suggestion to an agent, never acted upon by itself.

use super::same_organisation;

/// What is known of a contact that tells it from others.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub name: &'a str,
    pub phone: &'a str,
    pub addresses: &'a [&'a str],
}

/// What speaks for it, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same mailbox but for what stands behind a `+`.
    Tag,
    Phone,
    /// The same name at the same organisation.
    NameAndDomain,
    /// The same part before the `@`, made of several words.
    Mailbox,
    Name,
}

impl Likeness {
    /// The word below `contacts.like.` of the catalogues.
    pub fn as_str(self) -> &'static str {
        match self {
            Likeness::Tag => "tag",
            Likeness::Phone => "phone",
            Likeness::NameAndDomain => "name_and_domain",
            Likeness::Mailbox => "mailbox",
            Likeness::Name => "name",
        }
    }
}

/// Digits that a number must have to be anybody's, and that are compared: countries write the rest in
/// their own ways.
const DIGITS: usize = 8;

/// Why these two may be one person, if they may.
pub fn likeness(a: Known<'_>, b: Known<'_>) -> Option<Likeness> {
    let any = |fits: fn(&str, &str) -> bool| {
        let pairs = a
            .addresses
            .iter()
            .flat_map(|a| b.addresses.iter().map(move |b| (a, b)));
        pairs.into_iter().any(|(a, b)| fits(a, b))
    };
    let name = named(a.name).is_some_and(|name| named(b.name) == Some(name));
    if any(same_but_tag) {
        return Some(Likeness::Tag);
    }
    if number(a.phone).is_some_and(|phone| number(b.phone) == Some(phone)) {
        return Some(Likeness::Phone);
    }
    match name {
        true if any(same_organisation) => Some(Likeness::NameAndDomain),
        _ if any(same_mailbox) => Some(Likeness::Mailbox),
        true => Some(Likeness::Name),
        false => None,
    }
}

/// A first and a last name in any order and case; one word alone is anybody's.
fn named(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric());
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    (words.len() > 1).then(|| words.join(" "))
}

fn number(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().checked_sub(DIGITS)?;
    Some(digits[from..].to_owned())
}

fn parts(address: &str) -> Option<(String, String)> {
    let address = address.to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    Some((local.to_owned(), domain.to_owned()))
}

fn same_but_tag(a: &str, b: &str) -> bool {
    let bare = |address: &str| {
        let (local, domain) = parts(address)?;
        let bare = local.split('+').next().unwrap_or_default().to_owned();
        (!bare.is_empty()).then_some((bare, domain))
    };
    bare(a).is_some_and(|known| bare(b) == Some(known))
}

fn same_mailbox(a: &str, b: &str) -> bool {
    let local = |address: &str| parts(address).map(|(local, _)| local);
    let told = local(a).filter(|local| local.len() >= 6 && local.contains(['.', '_']));
    told.is_some_and(|told| local(b) == Some(told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_contacts_are_likened_by_the_strongest_that_speaks_for_it() {
        let anna = ("Anna Rossi", "+39 040 123 4567", "anna.rossi@acme.example");
        for (other, expected) in [
            (
                ("", "", "anna.rossi+shop@acme.example"),
                Some(Likeness::Tag),
            ),
            (("Nina", "0401234567", "n@x.example"), Some(Likeness::Phone)),
            (
                ("rossi, anna", "", "ar@acme.example"),
                Some(Likeness::NameAndDomain),
            ),
            (
                ("", "", "anna.rossi@other.example"),
                Some(Likeness::Mailbox),
            ),
            (("ANNA ROSSI", "", "a@home.example"), Some(Likeness::Name)),
            (("Anna", "", "a@home.example"), None),
            (("Anna Bianchi", "040", "bianchi@acme.example"), None),
            (("Paola Verdi", "+39 040 123 4568", "p@acme.example"), None),
        ] {
            let known = |(name, phone, address): (&'static str, &'static str, &'static str)| {
                (name, phone, [address])
            };
            let (a, b) = (known(anna), known(other));
            let known = |of: &'static str, phone, addresses| Known {
                name: of,
                phone,
                addresses,
            };
            let found = likeness(known(a.0, a.1, &a.2), known(b.0, b.1, &b.2));
            assert_eq!(found, expected, "{other:?}");
        }
    }

    #[test]
    fn names_at_a_freemail_provider_are_names_alone() {
        let known = |addresses| Known {
            name: "Anna Rossi",
            phone: "",
            addresses,
        };
        let found = likeness(known(&["a@gmail.com"]), known(&["b@gmail.com"]));
        assert_eq!(found, Some(Likeness::Name));
    }
}
