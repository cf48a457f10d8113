//! Facebook Messenger: webhook in, Send API out.
