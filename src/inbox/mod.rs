//! The verbs of the inbox, one file each.
