//! What the index keeps of a message: nothing but the ways to find it.
//!
//! Whatever can change while the message stays (status, read, assignee, tags, which conversation it
//! was moved to) is not here; it is asked of [`super::Facts`] at each search.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, IndexSettings, IndexSortByField, Order, TantivyDocument};

use super::analysis::{Folding, composed};
use super::stem::Stemming;

/// Raised whenever a field or a tokenizer changes its meaning: an index of another version is
/// built anew.
pub const VERSION: u32 = 1;

/// More text than this is not looked into. In bytes, per field.
const LONGEST_TEXT: usize = 1 << 20;

pub const MESSAGE: &str = "message";
pub const CONVERSATION: &str = "conversation";
pub const AT: &str = "at";

/// One message as the index takes it in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doc {
    pub message: u64,
    /// Where it was when indexed.
    pub conversation: u64,
    /// Milliseconds since 1970. Results are ordered by it, newest first.
    pub at: i64,
    /// Name and address.
    pub from: String,
    /// Names and addresses, of To and Cc.
    pub to: String,
    /// Names and addresses of the conversation's contact, found from each of its messages.
    pub participants: String,
    pub subject: String,
    /// All readable text, quoted or not.
    pub text: String,
    /// File names.
    pub attachments: Vec<String>,
    /// `email`, `chat`, `messenger`, `note`.
    pub channels: Vec<&'static str>,
    pub has_attachment: bool,
}

/// The fields by name. `text` holds everything, with positions; `stem` the same by stems; the
/// others serve their filter alone.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    pub message: Field,
    conversation: Field,
    pub at: Field,
    pub text: Field,
    pub stem: Field,
    pub from: Field,
    pub to: Field,
    pub subject: Field,
    pub file: Field,
    pub channel: Field,
    pub has_attachment: Field,
}

/// The schema and its fields.
pub fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let placed = || words("folding", IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        message: builder.add_u64_field(MESSAGE, INDEXED | FAST),
        conversation: builder.add_u64_field(CONVERSATION, FAST),
        at: builder.add_i64_field(AT, FAST),
        text: builder.add_text_field("text", placed()),
        stem: builder.add_text_field("stem", words("stemming", IndexRecordOption::Basic)),
        from: builder.add_text_field("from", placed()),
        to: builder.add_text_field("to", placed()),
        subject: builder.add_text_field("subject", placed()),
        file: builder.add_text_field("file", placed()),
        channel: builder.add_text_field("channel", STRING),
        has_attachment: builder.add_bool_field("has_attachment", INDEXED),
    };
    (builder.build(), fields)
}

/// No norms: results are ordered by time, so nothing is ever scored.
fn words(tokenizer: &str, record: IndexRecordOption) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_fieldnorms(false)
            .set_index_option(record),
    )
}

/// Documents lie newest first in each segment, so that a search may stop early.
pub fn settings() -> IndexSettings {
    IndexSettings {
        sort_by_field: Some(IndexSortByField {
            field: AT.to_owned(),
            order: Order::Desc,
        }),
        ..IndexSettings::default()
    }
}

/// Teaches a freshly opened index our tokenizers.
pub fn register_tokenizers(index: &Index) {
    index.tokenizers().register("folding", Folding);
    index.tokenizers().register("stemming", Stemming);
}

impl Fields {
    pub fn document(&self, doc: &Doc) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_u64(self.message, doc.message);
        document.add_u64(self.conversation, doc.conversation);
        document.add_i64(self.at, doc.at);
        document.add_bool(self.has_attachment, doc.has_attachment);
        for channel in &doc.channels {
            document.add_text(self.channel, channel);
        }
        self.add_texts(doc, &mut document);
        document
    }

    fn add_texts(&self, doc: &Doc, document: &mut TantivyDocument) {
        let files = doc.attachments.join("\n");
        let own = [
            (Some(self.subject), doc.subject.as_str()),
            (None, doc.text.as_str()),
            (Some(self.from), doc.from.as_str()),
            (Some(self.to), doc.to.as_str()),
            (None, doc.participants.as_str()),
            (Some(self.file), files.as_str()),
        ];
        for (field, text) in own {
            let text = composed(&text[..text.floor_char_boundary(LONGEST_TEXT)]);
            if text.is_empty() {
                continue;
            }
            if let Some(field) = field {
                document.add_text(field, &text);
            }
            document.add_text(self.text, &text);
        }
        document.add_text(self.stem, self.stemmed(doc));
    }

    /// Subject and text as one value: the language is told from both together.
    fn stemmed(&self, doc: &Doc) -> String {
        let end = doc.text.floor_char_boundary(LONGEST_TEXT);
        composed(&format!("{}\n{}", doc.subject, &doc.text[..end])).into_owned()
    }
}
