//! `config/casella.toml`: read, checked, defaulted.
