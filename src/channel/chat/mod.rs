//! Web chat: visitors, their lines, their presence.
