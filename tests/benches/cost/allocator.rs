//! An allocator that counts what a thread asks of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

/// How often something was allocated, and how many bytes in all. What grows is allocated anew.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Allocated {
    pub(crate) times: u64,
    pub(crate) bytes: u64,
}

thread_local! {
    // A thread's own, so that a meter provider's reader, which has a thread, is not counted with the loops.
    static ALLOCATED: Cell<Allocated> = const { Cell::new(Allocated { times: 0, bytes: 0 }) };
}

/// What this thread allocates while that runs.
pub(crate) fn during(run: impl FnOnce()) -> Allocated {
    let before = ALLOCATED.get();
    run();
    let after = ALLOCATED.get();
    Allocated { times: after.times - before.times, bytes: after.bytes - before.bytes }
}

fn count(bytes: usize) {
    let Allocated { times, bytes: before } = ALLOCATED.get();
    ALLOCATED.set(Allocated { times: times + 1, bytes: before + bytes as u64 });
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its nature; this one only counts")]
// SAFETY: everything is passed on to the system's allocator. The count has no destructor and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}
