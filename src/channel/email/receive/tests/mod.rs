//! Whole mails into a real store: where they land, whose they are, what they change.

mod gate;
mod landing;
mod office;
mod quotes;
mod reports;
