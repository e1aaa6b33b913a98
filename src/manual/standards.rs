//! The standards.
