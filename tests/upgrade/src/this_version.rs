//! An instance on this version, which knows format 1 alone.

use ::now as library;

#[path = "service.rs"]
mod service;

pub(crate) use service::Service;

const VERSION: &str = "this version";

/// There is nothing to be set.
fn write(format: u32) {
    assert_eq!(format, 1);
}
