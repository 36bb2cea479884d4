//! The only socket of this floor.
