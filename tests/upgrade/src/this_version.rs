//! An instance on this version, which knows only format 1.

use ::now as library;

#[path = "service.rs"]
mod service;

pub(crate) use service::Service;

const VERSION: &str = "this version";

/// There is nothing to set: this version always writes format 1.
fn write(format: u32) {
    assert_eq!(format, 1);
}
