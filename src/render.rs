//! The handlebars registry and its helpers.
