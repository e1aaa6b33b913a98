//! An instance of this version, which has only format 1.

use ::now as library;

#[path = "service.rs"]
mod service;

pub(crate) use service::Service;

const VERSION: &str = "this version";

/// Does nothing: this version always writes format 1.
fn write(format: u32) {
    assert_eq!(format, 1);
}
