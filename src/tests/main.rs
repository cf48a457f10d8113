//! Promises kept by a running Casella: the real binary, real sockets, a folder that is thrown away.
//!
//! One file per promise. Each begins with `World::start()` (or a configuration of its own), speaks
//! SMTP, HTTP and the command line to it, and ends by itself: the server is told to stop, and its
//! journal replayed into an empty store must give the same tables.

mod accessibility;
mod api;
mod arrows;
mod bad_input;
mod bounces;
mod chat;
mod chat_abuse;
mod chat_browser;
mod chat_live;
mod chat_mail;
mod chat_story;
mod commands;
mod contacts_alike;
mod http;
mod live_pages;
mod mail_attacks;
mod mail_pictures;
mod mail_trace;
mod messenger;
mod messenger_errors;
mod messenger_human;
mod messenger_media;
mod messenger_nasty;
mod messenger_pages;
mod messenger_privacy;
mod messenger_settings;
mod pages;
mod trust;
mod world;
