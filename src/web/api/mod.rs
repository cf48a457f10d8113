//! `/api/v1`: JSON for programs.
