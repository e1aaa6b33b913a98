//! An instance of the next version, which reads formats 1 and 2 and writes the one that is set.

use ::next as library;

#[path = "service.rs"]
mod service;

pub(crate) use service::Service;

const VERSION: &str = "next version";

fn write(format: u32) {
    library::format::write(format);
}
