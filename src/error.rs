//! What can go wrong, told to a person.
