//! Client requests to valgrind (`valgrind.h`, `memcheck.h`, `callgrind.h`). Without valgrind they do nothing.

use core::mem::size_of_val;

/// Whether this runs under valgrind.
pub fn is_here() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0) != 0
}

/// Memcheck: the content of these bytes is undefined from now on. A branch or an address that depends on it
/// is reported.
pub fn make_undefined<T: ?Sized>(value: &T) {
    request(MAKE_MEM_UNDEFINED, core::ptr::from_ref(value).cast::<()>() as usize, size_of_val(value));
}

/// Memcheck: the content of these bytes is defined, that is public, from now on.
pub fn make_defined<T: ?Sized>(value: &T) {
    request(MAKE_MEM_DEFINED, core::ptr::from_ref(value).cast::<()>() as usize, size_of_val(value));
}

/// Callgrind: forgets the instructions counted so far.
pub fn zero_counts() {
    request(ZERO_STATS, 0, 0);
}

/// Callgrind: writes the instructions counted since [`zero_counts`] to a file, under this name.
pub fn dump_counts(name: &core::ffi::CStr) {
    request(DUMP_STATS_AT, name.as_ptr() as usize, 0);
}

const RUNNING_ON_VALGRIND: usize = 0x1001;
const MAKE_MEM_UNDEFINED: usize = tool(b'M', b'C') + 1;
const MAKE_MEM_DEFINED: usize = tool(b'M', b'C') + 2;
const ZERO_STATS: usize = tool(b'C', b'T') + 1;
const DUMP_STATS_AT: usize = tool(b'C', b'T') + 3;

const fn tool(a: u8, b: u8) -> usize {
    (a as usize) << 24 | (b as usize) << 16
}

#[cfg(target_arch = "x86_64")]
fn request(number: usize, first: usize, second: usize) -> usize {
    let arguments = [number, first, second, 0, 0, 0];
    let mut answer = 0_usize;
    // SAFETY: outside valgrind these instructions rotate `rdi` by 128 bits in all and exchange `rbx` with
    // itself, which changes only flags. Under valgrind the request reads `arguments` and writes the answer to
    // `rdx`.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            inout("rdx") answer,
            in("rax") arguments.as_ptr(),
            out("rdi") _,
        );
    }
    answer
}

#[cfg(not(target_arch = "x86_64"))]
fn request(_: usize, _: usize, _: usize) -> usize {
    0
}
