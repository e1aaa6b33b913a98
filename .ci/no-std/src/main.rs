//! A program without `std`. It has its own panic handler and, with `alloc`, its own allocator. If `std` came in through
//! `second-factor` or one of its dependencies, both would exist twice and this would not build.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use second_factor as _;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(feature = "alloc")]
mod allocator {
    use core::alloc::{GlobalAlloc, Layout};

    #[global_allocator]
    static NONE: None = None;

    struct None;

    // SAFETY: null means that there is no memory left, and so nothing is ever given back.
    unsafe impl GlobalAlloc for None {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }
}
