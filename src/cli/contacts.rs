//! `casella contacts import FILE.csv` and `casella contacts export`: columns `email,name,phone,tags`,
//! and any others kept as fields.

use super::Setting;
use super::control::{self, House, Order, Tell, Terminal};
use crate::error::{Failure, Outcome};
use crate::inbox::contact::{self, Edit};
use casella_index::model::{Contact, ContactId};
use casella_index::tables::CONTACTS;
use casella_index::{Actor, Rows};
use csv::StringRecord;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Several tags or addresses in one column are parted by these.
const PARTED_BY: [char; 3] = [';', ',', '|'];
/// The columns that are no fields.
const OWN: [&str; 4] = ["email", "name", "phone", "tags"];

#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Makes or completes a contact for each row; known addresses are never made twice
    Import {
        /// A CSV file whose first row names its columns
        file: PathBuf,
    },
    /// Writes all contacts as CSV to standard output
    Export,
}

/// Runs the command.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    let order = match options.what {
        What::Import { file } => Order::ContactsImport {
            file: std::path::absolute(&file).map_err(Failure::new)?,
        },
        What::Export => Order::ContactsExport,
    };
    control::give(setting, &order, &Terminal::default())
}

/// Takes a CSV file in, row by row. A row that makes no sense is told of and costs only itself.
pub fn import(house: &House, file: &Path, tell: &dyn Tell) -> Outcome {
    let failed = |e: &dyn std::fmt::Display| Failure::new(e).at(file.display());
    let input = File::open(file).map_err(|e| Failure::io(&e).at(file.display()))?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(input);
    let columns = Columns::of(reader.headers().map_err(|e| failed(&e))?);
    if !columns
        .names
        .iter()
        .any(|name| name == "email" || name == "name")
    {
        return Err(failed(&"there is neither a column `email` nor `name`")
            .remedy("name the columns in the first row: email,name,phone,tags"));
    }
    let mut unaddressed: HashMap<Label, ContactId> =
        living(house)?.iter().filter_map(labelled).collect();
    let (mut taken, mut refused) = (0_u64, 0_u64);
    for row in reader.records() {
        let row = row.map_err(|e| failed(&e))?;
        let line = row.position().map_or(0, csv::Position::line);
        let edit = columns.edit(&row);
        let known = unaddressed.get(&label(&edit)).copied();
        let stamp = house.inbox.stamp(Actor::Operator);
        let written = house
            .inbox
            .store
            .write(stamp, move |tx| contact::import(tx, edit, known));
        match written.wait() {
            Ok(contact) => {
                taken += 1;
                unaddressed.extend(labelled(&contact));
            }
            Err(crate::inbox::Refused::Store(error)) => return Err(Failure::new(error)),
            Err(why) => {
                refused += 1;
                tell.line(&format!("{}:{line}: {why}", file.display()))?;
            }
        }
        tell.progress(taken + refused, 0)?;
    }
    tell.line(&format!("contacts: {taken}"))?;
    if refused > 0 {
        return Err(failed(&format!("{refused} rows were left out"))
            .remedy("correct them and import the file again"));
    }
    Ok(())
}

/// By what a person without an address is known again: name and phone.
type Label = (String, String);

fn label(edit: &Edit) -> Label {
    let words = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    (words(&edit.name), words(&edit.phone))
}

fn labelled(contact: &Contact) -> Option<(Label, ContactId)> {
    let label = (contact.name.clone(), contact.phone.clone());
    contact.addresses.is_empty().then_some((label, contact.id))
}

/// Everybody there is, but for those merged into others or erased.
fn living(house: &House) -> Outcome<Vec<Contact>> {
    let all = house.inbox.read().and_then(|rows| rows.all(&CONTACTS));
    let all = all.map_err(Failure::new)?.into_iter();
    Ok(all
        .map(|(_, contact)| contact)
        .filter(|c| c.merged_into.is_none() && !c.erased)
        .collect())
}

/// What each column is.
struct Columns {
    names: Vec<String>,
}

impl Columns {
    fn of(header: &StringRecord) -> Columns {
        let own = |name: &str| match name.trim_start_matches('\u{feff}').to_lowercase().as_str() {
            "email" | "e-mail" | "mail" | "email address" => "email".to_owned(),
            "name" | "full name" => "name".to_owned(),
            "phone" | "telephone" | "tel" => "phone".to_owned(),
            "tags" | "tag" | "labels" => "tags".to_owned(),
            _ => name.trim_start_matches('\u{feff}').to_owned(),
        };
        Columns {
            names: header.iter().map(own).collect(),
        }
    }

    fn edit(&self, row: &StringRecord) -> Edit {
        let mut edit = Edit::default();
        for (name, value) in self
            .names
            .iter()
            .zip(row)
            .filter(|(_, value)| !value.is_empty())
        {
            match name.as_str() {
                "email" => edit.addresses = Some(parted(value)),
                "name" => edit.name = Some(value.to_owned()),
                "phone" => edit.phone = Some(value.to_owned()),
                "tags" => edit.tags = Some(parted(value)),
                "" => {}
                field => {
                    edit.fields.insert(field.to_owned(), value.to_owned());
                }
            }
        }
        edit
    }
}

fn parted(value: &str) -> Vec<String> {
    let parts = value.split(PARTED_BY).map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Tells of all contacts as CSV, a line each; what [`import`] reads back. Those of mail without a
/// sender have neither name nor address and are left out.
pub fn export(house: &House, tell: &dyn Tell) -> Outcome {
    let mut all = living(house)?;
    all.retain(|c| !c.name.is_empty() || !c.addresses.is_empty());
    let fields: BTreeSet<_> = all
        .iter()
        .flat_map(|contact| contact.fields.keys())
        .collect();
    let header = OWN
        .into_iter()
        .chain(fields.iter().map(|name| name.as_str()));
    tell.line(&csv_line(header)?)?;
    for contact in &all {
        let mut row = own_columns(contact).to_vec();
        row.extend(
            fields
                .iter()
                .map(|name| contact.fields.get(*name).cloned().unwrap_or_default()),
        );
        tell.line(&csv_line(row.iter().map(String::as_str))?)?;
    }
    Ok(())
}

fn own_columns(contact: &Contact) -> [String; 4] {
    let addresses: Vec<_> = contact
        .addresses
        .iter()
        .map(|a| a.address.as_str())
        .collect();
    [
        addresses.join(";"),
        contact.name.clone(),
        contact.phone.clone(),
        contact.tags.join(";"),
    ]
}

fn csv_line<'a>(values: impl Iterator<Item = &'a str>) -> Outcome<String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    writer.write_record(values).map_err(Failure::new)?;
    let line = writer.into_inner().map_err(Failure::new)?;
    Ok(String::from_utf8_lossy(&line)
        .trim_end_matches('\n')
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_by_its_columns() {
        let columns = Columns::of(&StringRecord::from(vec![
            "\u{feff}E-Mail",
            "Name",
            "Tags",
            "VAT",
            "phone",
        ]));
        let row = StringRecord::from(vec!["a@x.example; b@x.example", "Anna", "vip, late", "IT1"]);
        let edit = columns.edit(&row);
        assert_eq!(edit.addresses.unwrap(), ["a@x.example", "b@x.example"]);
        assert_eq!(edit.name.as_deref(), Some("Anna"));
        assert_eq!(edit.tags.unwrap(), ["vip", "late"]);
        assert_eq!(edit.fields.get("VAT").map(String::as_str), Some("IT1"));
        assert_eq!(edit.phone, None, "a short row says nothing of the rest");
    }

    #[test]
    fn a_line_is_quoted_where_it_must_be() {
        let line = csv_line(["a", "b,c", "d \"e\"", ""].into_iter()).unwrap();
        assert_eq!(line, "a,\"b,c\",\"d \"\"e\"\"\",");
    }
}
